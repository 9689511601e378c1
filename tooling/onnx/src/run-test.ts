import { tidy, type Tensor } from '@tensorflow/tfjs-core';
import { decodeOnnxModel } from '@x/tensor/onnx';
import { runGraph } from './graph.ts';
import { NotRun } from './not-run.ts';
import type { Outcome } from './outcome.ts';
import type { TestCase } from './test-data.ts';
import { readTensor } from './value.ts';

/**
 * Allowed differences; ONNX's own are 1e-3. Sums of a few hundred products of float32 numbers, in any order, and one
 * rounding of each function stay well below.
 */
const RELATIVE = 1e-5;
const ABSOLUTE = 1e-6;

/** Runs a test on tfjs's current backend. */
export function runTest({ name, group, model, dataSets }: TestCase): Outcome {
  const label = `${group}/${name}`;
  try {
    const decoded = decodeOnnxModel(model());
    for (const { inputs, outputs } of dataSets()) {
      const difference = tidy(() => {
        const results = runGraph(decoded, inputs.map(readTensor));
        return outputs
          .map(readTensor)
          .map((expected, index) => compare(results[index], expected))
          .find((found) => found !== undefined);
      });
      if (difference !== undefined) return { name: label, status: 'failed', reason: difference };
    }
    return { name: label, status: 'passed' };
  } catch (error) {
    if (error instanceof NotRun) return { name: label, status: 'not run', reason: error.message };
    return { name: label, status: 'failed', reason: (error as Error).message };
  }
}

/** The first difference, or nothing. */
function compare(result: Tensor | undefined, expected: Tensor): string | undefined {
  if (!result) return 'there is no such output';
  if (result.shape.join() !== expected.shape.join()) return `shape [${result.shape.join(', ')}] instead of [${expected.shape.join(', ')}]`;
  if (result.dtype !== expected.dtype) return `dtype ${result.dtype} instead of ${expected.dtype}`;
  const [values, wanted] = [result.dataSync(), expected.dataSync()];
  for (let i = 0; i < wanted.length; i++) {
    const [a, b] = [values[i]!, wanted[i]!];
    if (Object.is(a, b) || a === b) continue;
    if (!(Math.abs(a - b) <= ABSOLUTE + RELATIVE * Math.abs(b)))
      return `value ${i} of ${expected.dtype}[${expected.shape.join(', ')}] is ${a} instead of ${b}`;
  }
  return undefined;
}

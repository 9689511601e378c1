import type { Tensor } from '@tensorflow/tfjs-core';
import { OnnxError, type OnnxModel } from '@x/tensor/onnx';
import { NotRun } from './not-run.ts';
import { Attributes } from './operator.ts';
import { operators } from './operators/index.ts';
import { notRun, toTensor } from './value.ts';

const reasons: Readonly<Record<string, string>> = {
  Bernoulli: 'random numbers differ',
  RandomUniformLike: 'random numbers differ',
};

/** What a model makes of tensors, in the order of its graph's outputs. */
export function runGraph({ graph, versions }: OnnxModel, inputs: readonly Tensor[]): Tensor[] {
  const values = new Map<string, Tensor>();
  const initial = new Set(graph.initializers.map(({ name }) => name));
  for (const { name, read } of graph.initializers)
    values.set(
      name,
      readValue(() => toTensor(read())),
    );
  // Older models list initializers among the inputs; what is given takes the places of the others.
  const open = inputs.length === graph.inputs.length ? graph.inputs : graph.inputs.filter((name) => !initial.has(name));
  open.forEach((name, index) => inputs[index] && values.set(name, inputs[index]));
  const version = versions.get('') ?? 1;
  for (const { op, domain, inputs: names, outputs, attributes } of graph.nodes) {
    const run = domain === '' || domain === 'ai.onnx' ? operators[op] : undefined;
    if (!run) throw new NotRun(reasons[op] ?? `operator ${op} is not in tfjs`);
    const given = names.map((name) => (name === '' ? undefined : values.get(name)));
    const results = [
      readValue(() => run(given, new Attributes(attributes, version), outputs.filter((name) => name !== '').length)),
    ].flat() as Tensor[];
    outputs.forEach((name, index) => name !== '' && results[index] && values.set(name, results[index]));
  }
  return graph.outputs.map((name) => {
    const value = values.get(name);
    if (!value) throw new Error(`The graph gives no '${name}'.`);
    return value;
  });
}

function readValue<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof OnnxError ? notRun(error) : error;
  }
}

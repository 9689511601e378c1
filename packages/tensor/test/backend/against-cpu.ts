import '@tensorflow/tfjs-backend-cpu';
import { memory, setBackend, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { enable } from '../../src/index.ts';

export interface Outcome {
  readonly shape: number[];
  readonly dtype: string;
  readonly values: ArrayLike<number>;
}

/** What `run` gives on tfjs's cpu backend and on ours; on each it makes its own tensors. */
export async function onBoth(run: () => Tensor | Tensor[]): Promise<{ cpu: Outcome[]; ours: Outcome[] }> {
  await setBackend('cpu');
  const cpu = outcomes(run);
  const runtime = await enable();
  const ours = outcomes(run);
  // Once more: the first run may have given kernels their workspace.
  const { numTensors } = memory();
  const { used } = runtime.memory();
  expect(outcomes(run)).toEqual(ours);
  expect({ numTensors: memory().numTensors, used: runtime.memory().used }, 'tensors and bytes left behind').toEqual({ numTensors, used });
  return { cpu, ours };
}

function outcomes(run: () => Tensor | Tensor[]): Outcome[] {
  const results: Outcome[] = [];
  tidy(() => {
    for (const tensor of [run()].flat())
      results.push({ shape: tensor.shape, dtype: tensor.dtype, values: tensor.dataSync() as Float32Array });
  });
  return results;
}

/** Expects our backend's result of `run` to equal tfjs's cpu backend's: shape and type, and values within the relative difference. */
export async function expectAsOnCpu(run: () => Tensor | Tensor[], rtol = 1e-5, atol = 1e-6): Promise<void> {
  const { cpu, ours } = await onBoth(run);
  expect(ours.map(({ shape, dtype }) => ({ shape, dtype }))).toEqual(cpu.map(({ shape, dtype }) => ({ shape, dtype })));
  for (const [index, { values }] of ours.entries()) {
    expect(Float64Array.from(values)).toBeAllclose(Float64Array.from(cpu[index]?.values ?? []), { rtol, atol, equalNaN: true });
  }
}

import {
  findBackendFactory,
  getKernelsForBackend,
  registerBackend,
  registerKernel,
  removeBackend,
  unregisterKernel,
  type KernelConfig,
  type KernelFunc,
} from '@tensorflow/tfjs-core';
import type { Profiler } from '../runtime/profile.ts';
import type { XBackend } from './backend.ts';
import { backendKernels } from './index.ts';
import type { Beneath, KernelCall } from './kernel.ts';

/** Registers the backend and its kernels with tfjs: tfjs's own WASM kernels, and above them ours. */
export function register(name: string, backend: XBackend, beneath: readonly KernelConfig[], profiler: Profiler): void {
  const own = new Map(backendKernels.map((kernel) => [kernel.name, kernel]));
  for (const config of beneath) {
    config.setupFunc?.(backend);
    if (own.has(config.kernelName)) continue;
    registerKernel({ kernelName: config.kernelName, backendName: name, kernelFunc: profiler.watch(config.kernelName, config.kernelFunc) });
  }
  const beneathByName = new Map(beneath.map(({ kernelName, kernelFunc }) => [kernelName, kernelFunc]));
  for (const { name: kernelName, run } of own.values()) {
    const fallback = (beneathByName.get(kernelName) ?? missing(kernelName)) as Beneath;
    const kernelFunc = ((call: KernelCall) => run(call, fallback)) as unknown as KernelFunc;
    registerKernel({ kernelName, backendName: name, kernelFunc: profiler.watch(kernelName, kernelFunc) });
  }
  registerBackend(name, () => backend, 4);
}

/** Undoes {@link register}. */
export function unregister(name: string): void {
  if (findBackendFactory(name)) removeBackend(name);
  for (const { kernelName } of getKernelsForBackend(name)) unregisterKernel(kernelName, name);
}

function missing(kernelName: string): Beneath {
  return ({ inputs }) => {
    const given = Object.entries(inputs).map(([input, tensor]) => `${input}: ${tensor?.dtype}[${tensor?.shape}]`);
    throw new Error(`Kernel '${kernelName}' of backend 'x' does not take ${given.join(', ')}.`);
  };
}

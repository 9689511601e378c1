import {
  findBackendFactory,
  getKernelsForBackend,
  registerBackend,
  registerKernel,
  removeBackend,
  unregisterKernel,
  type KernelConfig,
  type KernelFunc,
  type NamedTensorInfoMap,
} from '@tensorflow/tfjs-core';
import type { Profiler } from '../runtime/profile.ts';
import { KernelRefusal } from '../runtime/tfjs-module.ts';
import type { XBackend } from './backend.ts';
import { backendKernels } from './index.ts';
import type { BackendKernel, Beneath, KernelCall } from './kernel.ts';

/** Registers the backend and its kernels with tfjs: tfjs's own WASM kernels, and above them ours. */
export function register(name: string, backend: XBackend, beneath: readonly KernelConfig[], profiler: Profiler): void {
  const own = new Map(backendKernels.map((kernel) => [kernel.name, kernel]));
  for (const config of beneath) {
    config.setupFunc?.(backend);
    if (own.has(config.kernelName)) continue;
    const kernelFunc = guarded(backend, explained(config.kernelName, config.kernelFunc));
    registerKernel({ kernelName: config.kernelName, backendName: name, kernelFunc: profiler.watch(config.kernelName, kernelFunc) });
  }
  const beneathByName = new Map(beneath.map(({ kernelName, kernelFunc }) => [kernelName, explained(kernelName, kernelFunc)]));
  for (const kernel of own.values())
    registerOwn(name, backend, kernel, (beneathByName.get(kernel.name) ?? missing(kernel.name)) as Beneath, profiler);
  registerBackend(name, () => backend, 4);
}

/** Registers the kernels of a family that was loaded later. */
export function registerFamily(name: string, backend: XBackend, kernels: readonly BackendKernel[], profiler: Profiler): void {
  for (const kernel of kernels) registerOwn(name, backend, kernel, missing(kernel.name), profiler);
}

function registerOwn(backendName: string, backend: XBackend, { name, run }: BackendKernel, beneath: Beneath, profiler: Profiler): void {
  const kernelFunc = guarded(backend, ((call: KernelCall) => run(call, beneath)) as unknown as KernelFunc);
  registerKernel({ kernelName: name, backendName, kernelFunc: profiler.watch(name, kernelFunc) });
}

/** Undoes {@link register}. */
export function unregister(name: string): void {
  if (findBackendFactory(name)) removeBackend(name);
  for (const { kernelName } of getKernelsForBackend(name)) unregisterKernel(kernelName, name);
}

function missing(kernelName: string): Beneath {
  return ({ inputs }) => {
    throw new Error(refusal(kernelName, inputs));
  };
}

/** A kernel that leaves no memory behind when it fails. */
function guarded(backend: XBackend, run: KernelFunc): KernelFunc {
  return (call) => backend.guard(() => run(call));
}

/** A kernel of tfjs whose refusals say what was refused. */
function explained(kernelName: string, run: KernelFunc): KernelFunc {
  return (call) => {
    try {
      return run(call);
    } catch (error) {
      if (!(error instanceof KernelRefusal)) throw error;
      throw new Error(`${refusal(kernelName, call.inputs)} (tfjs: ${error.message})`, { cause: error });
    }
  };
}

function refusal(kernelName: string, inputs: NamedTensorInfoMap): string {
  const given = Object.entries(inputs).map(([input, tensor]) => `${input}: ${tensor?.dtype}[${tensor?.shape}]`);
  return `Kernel '${kernelName}' of backend 'x' does not take ${given.join(', ')}.`;
}

import type { Hardware } from './hardware.ts';
import { hardware, type HardwareOptions } from './library.ts';

// The library's chips as functions, so that an editor can list them.

export const tpuV1 = (options?: HardwareOptions): Hardware => hardware('tpu-v1', options);
export const tpuV2 = (options?: HardwareOptions): Hardware => hardware('tpu-v2', options);
export const tpuV3 = (options?: HardwareOptions): Hardware => hardware('tpu-v3', options);
export const ipuMk1 = (options?: HardwareOptions): Hardware => hardware('ipu-mk1', options);
export const v100 = (options?: HardwareOptions): Hardware => hardware('v100', options);
export const a100 = (options?: HardwareOptions): Hardware => hardware('a100', options);
export const h100 = (options?: HardwareOptions): Hardware => hardware('h100', options);
export const h200 = (options?: HardwareOptions): Hardware => hardware('h200', options);
export const mi210 = (options?: HardwareOptions): Hardware => hardware('mi210', options);
export const epyc9654 = (options?: HardwareOptions): Hardware => hardware('epyc-9654', options);
export const phone = (options?: HardwareOptions): Hardware => hardware('phone', options);
export const microcontroller = (options?: HardwareOptions): Hardware => hardware('microcontroller', options);

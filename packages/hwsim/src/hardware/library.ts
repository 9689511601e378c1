import { requireInteger, requireOptions, requireText } from '../validation.ts';
import type { Hardware } from './hardware.ts';

// Joules a byte of memory: DDR3 640 pJ for 32 bits (Horowitz 2014), LPDDR4 8 pJ a bit (Accelergy), HBM2 3.9 pJ a bit (O'Connor et al. 2017).
const ddr3 = 160e-12;
const lpddr = 64e-12;
const hbm = 31.2e-12;
const flash = 200e-12;
const GiB = 2 ** 30;
const MiB = 2 ** 20;

/**
 * Chips with published figures. "Arithmetic" is units x lanes x 2 x clock. Process supplies are typical values of their node, and the elementwise rates
 * of the TPUs follow their 128 (v1: 256) lanes; both are marked as estimates in `source`.
 */
export const hardwareLibrary: readonly Hardware[] = [
  {
    name: 'tpu-v1',
    source:
      'arXiv 1704.04760 (read): 65,536 MACs at 700 MHz, 34 GB/s weight memory, 28 MiB on chip, 40/28 W; peak by arithmetic; volts and vector rate estimated',
    peak: { int8: 65536 * 2 * 700e6 },
    vector: 256 * 700e6,
    arrays: { count: 1, rows: 256, columns: 256, dataflow: 'ws', clock: 700e6 },
    memory: { bandwidth: 34e9, capacity: 8 * GiB, energy: ddr3, granularity: 64 },
    onChip: 28 * MiB,
    process: { nm: 32, volts: 0.9 },
    watts: { busy: 40, idle: 28 },
  },
  {
    name: 'tpu-v2',
    source:
      '"A New Golden Age in Computer Architecture" (2018): 600 GB/s HBM a chip, 16 GB; two 128 x 128 arrays at 700 MHz (45.9 Tflop/s by arithmetic); four links of 496 Gb/s, 280 W; volts, latency and vector rate estimated',
    peak: { bf16: 2 * 128 * 128 * 2 * 700e6, f32: (2 * 128 * 128 * 2 * 700e6) / 8 },
    vector: 2 * 128 * 8 * 2 * 700e6,
    arrays: { count: 2, rows: 128, columns: 128, dataflow: 'ws', clock: 700e6 },
    memory: { bandwidth: 600e9, capacity: 16e9, energy: hbm, granularity: 64 },
    onChip: 32 * MiB,
    link: { bandwidth: (4 * 496e9) / 8, latency: 1e-6 },
    process: { nm: 16, volts: 0.8 },
    watts: { busy: 280, idle: 53 },
  },
  {
    name: 'tpu-v3',
    source:
      'four 128 x 128 arrays at 940 MHz (123 Tflop/s by arithmetic), 900 GB/s, 32 GB, four links of 656 Gb/s, 450 W (remembered from the vendor); volts, latency, idle and vector rate estimated',
    peak: { bf16: 4 * 128 * 128 * 2 * 940e6, f32: (4 * 128 * 128 * 2 * 940e6) / 8 },
    vector: 2 * 128 * 8 * 2 * 940e6,
    arrays: { count: 4, rows: 128, columns: 128, dataflow: 'ws', clock: 940e6 },
    memory: { bandwidth: 900e9, capacity: 32e9, energy: hbm, granularity: 64 },
    onChip: 32 * MiB,
    link: { bandwidth: (4 * 656e9) / 8, latency: 1e-6 },
    process: { nm: 16, volts: 0.8 },
    watts: { busy: 450, idle: 84 },
  },
  {
    name: 'ipu-mk1',
    source:
      'arXiv 1912.03413 (second-hand): 1,216 tiles at 1.6 GHz, 64 mixed or 16 single multiply-adds a cycle, 304 MiB; memory is on the chip at 16 B a tile and cycle; ten links of 64 GB/s (remembered); watts and volts estimated',
    peak: { f16: 1216 * 64 * 1.6e9, f32: 1216 * 16 * 1.6e9 },
    vector: 1216 * 8 * 1.6e9,
    memory: {
      bandwidth: 1216 * 16 * 1.6e9,
      capacity: 304 * MiB,
      energy: 1.25e-12,
      granularity: 8,
      latency: 6 / 1.6e9,
      outstanding: 1216 * 6,
    },
    onChip: 304 * MiB,
    link: { bandwidth: 10 * 32e9, latency: 1e-6 },
    process: { nm: 16, volts: 0.8 },
    watts: { busy: 150, idle: 60 },
  },
  {
    name: 'v100',
    source:
      '80 SM x 8 units x 64 multiply-adds at 1.53 GHz (125 Tflop/s by arithmetic), 900 GB/s, 16 GB, 6 MB L2, NVLink2 150 GB/s each way among 8, then 100 Gb/s a chip, 300 W (remembered from the vendor); idle, network latency, volts and overhead estimated',
    peak: { f16: 80 * 8 * 64 * 2 * 1.53e9, f32: 80 * 64 * 2 * 1.53e9 },
    vector: 80 * 64 * 2 * 1.53e9,
    memory: { bandwidth: 900e9, capacity: 16 * GiB, energy: hbm, granularity: 32 },
    onChip: 6e6,
    link: { bandwidth: 150e9, latency: 5e-6 },
    node: { chips: 8, link: { bandwidth: 12.5e9, latency: 20e-6 } },
    overhead: 5e-6,
    process: { nm: 16, volts: 0.8 },
    watts: { busy: 300, idle: 50 },
  },
  {
    name: 'a100',
    source:
      '108 SM x 4 units x 256 multiply-adds at 1.41 GHz (312 Tflop/s by arithmetic), 2,039 GB/s, 80 GB, 40 MB L2, NVLink3 300 GB/s each way among 8, then 200 Gb/s a chip, 400 W (remembered from the vendor); idle, network latency, volts and overhead estimated',
    peak: { int4: 4 * 312e12, int8: 2 * 312e12, f16: 108 * 4 * 256 * 2 * 1.41e9, bf16: 108 * 4 * 256 * 2 * 1.41e9, f32: 19.5e12 },
    vector: 108 * 64 * 2 * 1.41e9,
    memory: { bandwidth: 2039e9, capacity: 80e9, energy: hbm, granularity: 32 },
    onChip: 40e6,
    link: { bandwidth: 300e9, latency: 5e-6 },
    node: { chips: 8, link: { bandwidth: 25e9, latency: 20e-6 } },
    overhead: 5e-6,
    skips: '2:4',
    process: { nm: 7, volts: 0.75 },
    watts: { busy: 400, idle: 60 },
  },
  ...(['h100', 'h200'] as const).map((name): Hardware => ({
    name,
    source: `132 SM x 4 units x 512 multiply-adds at 1.83 GHz (989 Tflop/s by arithmetic), ${name === 'h100' ? '3.35 TB/s, 80 GB' : '4.8 TB/s, 141 GB'}, 50 MB L2, NVLink4 450 GB/s each way among 8, then 400 Gb/s a chip, 700 W (remembered from the vendor); costed at its nearest node, 7 nm; idle, network latency, volts and overhead estimated`,
    peak: { int8: 2 * 989e12, fp8: 2 * 989e12, f16: 132 * 4 * 512 * 2 * 1.83e9, bf16: 132 * 4 * 512 * 2 * 1.83e9, f32: 67e12 },
    vector: 132 * 128 * 2 * 1.83e9,
    memory: { bandwidth: name === 'h100' ? 3.35e12 : 4.8e12, capacity: name === 'h100' ? 80e9 : 141e9, energy: hbm, granularity: 32 },
    onChip: 50e6,
    link: { bandwidth: 450e9, latency: 5e-6 },
    node: { chips: 8, link: { bandwidth: 50e9, latency: 20e-6 } },
    overhead: 5e-6,
    skips: '2:4',
    process: { nm: 7, volts: 0.7 },
    watts: { busy: 700, idle: 70 },
  })),
  {
    name: 'mi210',
    source:
      '104 CU at 1.7 GHz, 181 Tflop/s half precision, 1.6 TB/s, 64 GB, 8 MB L2, 300 W (remembered from the vendor); link, idle, volts and overhead estimated',
    peak: { int8: 181e12, f16: 181e12, bf16: 181e12, f32: 22.6e12 },
    vector: 104 * 64 * 2 * 1.7e9,
    memory: { bandwidth: 1.6e12, capacity: 64e9, energy: hbm, granularity: 64 },
    onChip: 8e6,
    link: { bandwidth: 150e9, latency: 5e-6 },
    overhead: 8e-6,
    process: { nm: 7, volts: 0.8 },
    watts: { busy: 300, idle: 50 },
  },
  {
    name: 'epyc-9654',
    source:
      '96 cores at 3.55 GHz, two 256-bit multiply-adds a cycle (10.9 Tflop/s single precision by arithmetic), 461 GB/s, 384 MiB L3, 360 W (remembered from the vendor); 8-bit rate four times single, idle and volts estimated; costed at 7 nm',
    peak: { int8: 4 * 96 * 2 * 8 * 2 * 3.55e9, bf16: 2 * 96 * 2 * 8 * 2 * 3.55e9, f32: 96 * 2 * 8 * 2 * 3.55e9 },
    vector: 96 * 2 * 8 * 3.55e9,
    memory: { bandwidth: 461e9, capacity: 384 * GiB, energy: ddr3, granularity: 64, latency: 100e-9, outstanding: 96 * 24 },
    onChip: 384 * MiB,
    overhead: 1e-6,
    skips: 'all',
    process: { nm: 7, volts: 0.9 },
    watts: { busy: 360, idle: 90 },
  },
  {
    name: 'phone',
    source:
      'a phone of 2021: 26 Tops int8 accelerator, 1.7 Tflop/s GPU, 51.2 GB/s LPDDR5 (4 x 16 bits at 6.4 Gb/s, arithmetic), 8 GB; rates remembered from the vendor; watts, volts, overhead estimated',
    peak: { int8: 26e12, f16: 3.4e12, f32: 1.7e12 },
    vector: 0.85e12,
    memory: { bandwidth: 51.2e9, capacity: 8 * GiB, energy: lpddr, granularity: 64 },
    onChip: 4 * MiB,
    overhead: 20e-6,
    process: { nm: 7, volts: 0.75 },
    watts: { busy: 5, idle: 0.5 },
  },
  {
    name: 'microcontroller',
    source:
      'Arm Cortex-M7 at 216 MHz with 320 KiB SRAM and 1 MiB flash: two 16-bit multiply-adds a cycle for 8-bit data, one single-precision in two cycles (arithmetic); flash at 8 B a cycle and 7 wait states; watts estimated',
    peak: { int8: 2 * 2 * 216e6, f32: 216e6 },
    vector: 108e6,
    memory: { bandwidth: 216e6, capacity: 1 * MiB, energy: flash, granularity: 32 },
    onChip: 320 * 1024,
    skips: 'all',
    process: { nm: 90, volts: 1.2 },
    watts: { busy: 0.35, idle: 0.05 },
  },
];

/**
 * A chip of the library by name, or many of them.
 *
 * @param options.chips how many; what isn't given to tensor or pipeline parallelism is data parallel
 * @throws RangeError with the names there are
 * @example hardware('tpu-v2', { chips: 32 })
 */
export function hardware(name: string, options: HardwareOptions = {}): Hardware {
  requireText('name', name);
  requireOptions(options);
  const found = hardwareLibrary.find((chip) => chip.name === name);
  if (!found)
    throw new RangeError(`hardware is ${JSON.stringify(name)}, expected one of ${hardwareLibrary.map((chip) => chip.name).join(', ')}`);
  if (options.chips === undefined) return found;
  return { ...found, chips: requireInteger('options.chips', options.chips) };
}

export interface HardwareOptions {
  readonly chips?: number;
}

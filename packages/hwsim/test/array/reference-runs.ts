import type { ArrayConfig, Dataflow } from '../../src/index.ts';

export interface ReferenceRow {
  readonly layer: string;
  readonly compute: Readonly<Record<string, number>>;
  readonly access: Readonly<Record<string, number>>;
  readonly bandwidth: Readonly<Record<string, number>>;
}

/** `user_ws_16x16_kb1_bw4` or `calc_os_8x8`: dataflow, array, KiB of each SRAM, words a cycle to write; reads always came 10 words a cycle. */
export function runConfig(name: string): ArrayConfig {
  const [mode, dataflow, size, kib = 'kb64', bandwidth = 'bw10'] = name.split('/')[1]!.split('_') as [
    string,
    Dataflow,
    string,
    string?,
    string?,
  ];
  const [rows, columns] = size.split('x').map(Number) as [number, number];
  const sram = Number(kib.slice(2));
  return {
    rows,
    columns,
    dataflow,
    inputKiB: sram,
    filterKiB: sram,
    outputKiB: sram,
    interface: mode === 'user' ? 'finite' : 'estimate',
    inputBandwidth: 10,
    filterBandwidth: 10,
    outputBandwidth: Number(bandwidth.slice(2)),
    compat: 'scalesim-v3',
  };
}

import type { Precision } from '../hardware/hardware.ts';
import type { PassKind } from '../pipeline/schedule.ts';
import type { Parallel } from './exchange.ts';
import type { Work } from './work.ts';
import { requireList, requireObject } from '../validation.ts';

/** One piece of work of one chip of a pipeline stage, and how many times a step does it. Seconds, joules and bytes of one time. */
export interface Step extends Omit<Work, 'keeps' | 'keepsFirst'> {
  /** Of the model's pipeline stages. */
  readonly stage: number;
  readonly times: number;
}

/** A piece of work where it lies in time, on one of the devices of a pipeline. */
export interface Stretch extends Omit<Work, 'keeps' | 'keepsFirst' | 'arithmeticEnergy' | 'memoryEnergy'> {
  readonly device: number;
  readonly start: number;
  /** Bytes held on the device after it. */
  readonly held: number;
}

/** A pass of a stage for a micro-batch where it lies in time. */
export interface TimedPass {
  readonly device: number;
  readonly kind: PassKind;
  readonly stage: number;
  readonly microBatch: number;
  readonly start: number;
  readonly seconds: number;
}

/** Bytes of one chip. */
export interface ChipMemory {
  readonly weights: number;
  readonly activations: number;
  readonly gradients: number;
  readonly optimizer: number;
  readonly peak: number;
  readonly fits: boolean;
}

/** One device of a pipeline; `parallel.data` x `parallel.tensor` chips do the same. */
export interface DeviceReport {
  readonly stages: readonly number[];
  /** Seconds it works, and those after its last pass: exchange and update. */
  readonly busy: number;
  readonly closing: number;
  readonly memory: ChipMemory;
}

/** One pipeline stage: its layers, and seconds of its passes for a micro-batch and of what it sends to the next. */
export interface StageReport {
  readonly layers: readonly string[];
  readonly forward: number;
  readonly backward: number;
  readonly weightGradient: number;
  readonly transfer: number;
}

/** What a step (or, in inference, a batch) costs. Seconds, joules, bytes. */
export interface Report {
  readonly model: string;
  readonly hardware: string;
  readonly precision: Precision;
  readonly training: boolean;
  readonly chips: number;
  readonly parallel: Parallel;
  readonly microBatches: number;
  /** Over all chips. */
  readonly samples: number;
  readonly schedule: string;
  readonly time: number;
  /** Of all chips: what arithmetic, memory traffic and idling take, and what the chips would take at full power all the while, which real programs come closer to. */
  readonly energy: {
    readonly arithmetic: number;
    readonly memory: number;
    readonly idle: number;
    readonly total: number;
    readonly atFullPower: number;
  };
  /** Share of all chips' peak that multiplies. */
  readonly utilisation: number;
  /** Share of the time in which pipeline devices wait for one another. */
  readonly bubble: number;
  /** Share of the time that goes into exchanges between chips, of the busiest device. */
  readonly exchange: number;
  /** Of the fullest chip. */
  readonly memory: ChipMemory;
  readonly stages: readonly StageReport[];
  readonly devices: readonly DeviceReport[];
  /** Each piece of work once, in the model's order. */
  readonly steps: readonly Step[];
  /** Every pass of the pipeline in time. */
  readonly passes: () => readonly TimedPass[];
  /** Every piece of work in time, device by device. */
  readonly timeline: () => Generator<Stretch>;
  /** The steps in the trace-event format, JSON for ui.perfetto.dev. */
  readonly toPerfetto: () => string;
  /** Everything on one HTML page that loads nothing. */
  readonly toHtml: () => Promise<string>;
}

/** Refuses what `simulate` didn't return. */
export function requireReport(report: Report): void {
  for (const field of ['devices', 'stages', 'steps'] as const) requireList(`report.${field}`, requireObject('report', report)[field]);
}

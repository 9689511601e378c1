import type { Evaluation } from './evaluate.ts';
import type { FitPosition } from './fit-position.ts';

/** After each step. */
export interface StepEvent {
  readonly type: 'step';
  /** Passes over the data and steps, counted from 1, and how many there will be, if known. */
  readonly epoch: number;
  readonly epochs: number;
  readonly step: number;
  readonly steps: number | undefined;
  /** The batch's loss before the update. It is read from the device when it is asked for. */
  readonly loss: number;
  /** Of this epoch so far, in the time that training took. */
  readonly examplesPerSecond: number;
  /** Where to go on from, when this is saved; see {@link saveCheckpoint}. */
  readonly position: FitPosition;
}

/** After each pass over the data. */
export interface EpochEvent {
  readonly type: 'epoch';
  readonly epoch: number;
  readonly epochs: number;
  readonly step: number;
  /** Means over the epoch's batches, each before its update. */
  readonly loss: number;
  readonly metrics: Readonly<Record<string, number>>;
  /** Of the validation data after the epoch, if there are any. */
  readonly validation?: Evaluation;
  /** Seconds that training took, without validation. */
  readonly seconds: number;
  readonly examplesPerSecond: number;
  /** Where to go on from, when this is saved; see {@link saveCheckpoint}. */
  readonly position: FitPosition;
}

/** After everything. */
export interface EndEvent {
  readonly type: 'end';
  readonly epochs: number;
  readonly steps: number;
  readonly seconds: number;
}

export type FitEvent = StepEvent | EpochEvent | EndEvent;

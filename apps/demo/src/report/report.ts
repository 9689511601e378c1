import type { ComparisonResult } from '../comparison.ts';
import type { Machine } from '../machine.ts';
import type { FewerBits } from '../fewer-bits.ts';
import type { DemoOptions } from '../options.ts';
import type { Mistake } from '../predictions.ts';
import type { recipe } from '../recipe.ts';
import type { SparseComparison } from '../sparse-comparison.ts';
import type { StepProfile } from '../step-profile.ts';
import type { TrainingResult } from '../training.ts';

/** All numbers of a run: what `report.json` holds and `report.html` shows. Times are seconds unless named otherwise. */
export interface Report {
  readonly date: string;
  readonly options: DemoOptions;
  readonly machine: Machine;
  readonly data: {
    readonly name: string;
    readonly source: string;
    readonly trainExamples: number;
    readonly testExamples: number;
    readonly classes: readonly string[];
  };
  readonly network: { readonly layers: string; readonly parameters: number };
  readonly recipe: typeof recipe;
  /** Absent if it was left out. */
  readonly comparison?: ComparisonResult;
  readonly training: TrainingResult;
  /** Only of a sparse model. */
  readonly sparse?: SparseComparison;
  readonly test: {
    readonly accuracy: number;
    readonly loss: number;
    readonly confusion: readonly (readonly number[])[];
    readonly mistakes: number;
    /** Those of which the network was surest. */
    readonly surestMistakes: readonly Mistake[];
  };
  readonly fewerBits: FewerBits;
  readonly profile: StepProfile;
  /** The heap of backend x at the end, bytes. */
  readonly heapBytes: number;
  /** From the start of the program to the report. */
  readonly seconds: number;
}

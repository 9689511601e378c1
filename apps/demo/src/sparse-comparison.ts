import type { Layer, SequentialLayer } from '@x/tensor';
import { degrees, sparseLayers, sparsityReport, trainingFlops } from '@x/sparse';
import { stepsApart } from './sparse-network.ts';
import type { TrainingResult } from './training.ts';

/** What a network took and gave. */
export interface NetworkCost {
  readonly name: string;
  readonly testAccuracy: number;
  /** Of training. */
  readonly seconds: number;
  /** Of one image, forward and both ways back. */
  readonly trainingFlops: number;
  /** Of one image, forward. */
  readonly inferenceFlops: number;
  /** Of its variables, and of where they are. */
  readonly bytes: number;
}

/** Links of the inputs after an epoch, 0 for the start. */
export interface InputLinks {
  readonly epoch: number;
  readonly links: readonly number[];
}

export interface LayerDegrees {
  readonly name: string;
  readonly inDegrees: readonly number[];
}

/** The sparse network beside the dense one. */
export interface SparseComparison {
  readonly sparse: NetworkCost;
  readonly dense: NetworkCost;
  readonly denseTraining: TrainingResult;
  /** Part of the hidden layers' weights that exist. */
  readonly density: number;
  readonly inputLinks: readonly InputLinks[];
  readonly degrees: readonly LayerDegrees[];
}

/** Compares what both networks, trained alike, took and gave. */
export function compareWithDense(
  net: SequentialLayer,
  sizes: readonly number[],
  training: TrainingResult,
  denseTraining: TrainingResult,
  inputLinks: readonly InputLinks[],
): SparseComparison {
  const { bytes, flops, density } = sparsityReport(net);
  const positions = sizes.slice(1).reduce((sum, units, layer) => sum + units * sizes[layer]!, 0);
  const last = net.layers.at(-1)!;
  const outputFlops = 2 * sizes.at(-1)! * sizes.at(-2)!;
  const sparse = flops + outputFlops;
  const every = stepsApart(training.steps);
  return {
    sparse: {
      name: `sparse, ${(density * 100).toFixed(1)} %`,
      testAccuracy: training.epochs.at(-1)!.testAccuracy,
      seconds: training.seconds,
      trainingFlops: trainingFlops('rigl', { sparse, dense: 2 * positions, every }),
      inferenceFlops: sparse,
      bytes: bytes + 4 * elements(last),
    },
    dense: {
      name: 'dense',
      testAccuracy: denseTraining.epochs.at(-1)!.testAccuracy,
      seconds: denseTraining.seconds,
      trainingFlops: trainingFlops('dense', { sparse: 0, dense: 2 * positions }),
      inferenceFlops: 2 * positions,
      bytes: 4 * (positions + sizes.slice(1).reduce((sum, units) => sum + units, 0)),
    },
    denseTraining,
    density,
    inputLinks,
    degrees: sparseLayers(net).map(({ layer }, index) => ({
      name: `hidden layer ${index + 1}`,
      inDegrees: [...degrees(layer.pattern).inDegrees],
    })),
  };
}

function elements({ variables }: Layer): number {
  return Object.values(variables).reduce((sum, { size }) => sum + size, 0);
}

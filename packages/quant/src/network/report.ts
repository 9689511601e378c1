import { tidy, type Tensor } from '@tensorflow/tfjs-core';
import { everyNetworkStep, floatsOf, runNetworkStep, runNetworkSteps, type NetworkStep, type QuantizedStep } from './quantized-step.ts';
import { runLinear, runSteps } from './run-step.ts';
import type { Scheme } from './scheme.ts';
import { bytesOfSparse, isSparse, sizesOfSparse, type QuantizedSparseStep } from './sparse-step.ts';
import { isWeightless, type Step } from './steps.ts';

/** How far numbers are from what they should be. */
export interface Closeness {
  /** Signal to quantization noise, 10·log₁₀(Σ y² / Σ (y - ŷ)²), decibels; Infinity where all are equal. */
  readonly sqnr: number;
  /** Σ y·ŷ / (‖y‖·‖ŷ‖). */
  readonly cosine: number;
  /** Largest |y - ŷ|. */
  readonly largest: number;
}

/** What quantization cost one layer. */
export interface LayerQuantization {
  readonly name: string;
  readonly scheme: Scheme;
  /** [inputs, units] of a linear layer; of a convolution, those of its window. */
  readonly shape: readonly [inputs: number, units: number] | undefined;
  /** Of the weight in few bits; 32 of a layer in float. */
  readonly bits: number;
  readonly bytes: number;
  readonly floatBytes: number;
  /** Of the layer's output, given the input that it has in float; undefined without samples. */
  readonly output: Closeness | undefined;
  /** For the first batch of samples; undefined without samples. */
  readonly milliseconds: number | undefined;
  readonly floatMilliseconds: number | undefined;
}

/** What quantization cost a network. */
export interface QuantizationReport {
  readonly layers: readonly LayerQuantization[];
  readonly bytes: number;
  readonly floatBytes: number;
  /** Of the network's output; undefined without samples. */
  readonly output: Closeness | undefined;
  readonly milliseconds: number | undefined;
  readonly floatMilliseconds: number | undefined;
}

/** Times that each layer is timed; the median counts. */
const REPEATS = 5;

/**
 * Compares a quantized network with the steps it was made of, which compute what the `original` ones do though factors may have gone from
 * one to the next. Layers of `float` that are only shapes are left out.
 */
export function reportOf(
  steps: readonly Step[],
  network: readonly NetworkStep[],
  samples: readonly Tensor[],
  original: readonly Step[] = steps,
): QuantizationReport {
  const every = Array.from(everyNetworkStep(network));
  const measured = new Map(
    every.flatMap((step) =>
      step.kind === 'quantized' || step.kind === 'quantizedSparse' ? [[step.name, new Measurement(step)] as const] : [],
    ),
  );
  const whole = new Comparison();
  samples.forEach((batch, number) =>
    tidy(() => {
      const before = (step: Step, x: Tensor): void => {
        if (step.kind === 'linear') measured.get(step.name)?.add(() => runLinear(step, x), x, number === 0);
        if (step.kind === 'sparse') measured.get(step.name)?.add(() => step.layer.apply(x), x, number === 0);
      };
      whole.add(runSteps(steps, batch, {}, { before }), runNetworkSteps(network, batch));
    }),
  );
  const layers = every.flatMap((step): LayerQuantization[] => {
    switch (step.kind) {
      case 'quantized': {
        const { comparison, milliseconds, floatMilliseconds } = measured.get(step.name) as Measurement;
        return [
          {
            ...{ name: step.name, scheme: step.scheme, shape: step.weight.shape, bits: step.weight.bits },
            ...{ bytes: bytesOf(step), floatBytes: 4 * (step.weight.inputs * step.weight.units + (step.bias?.size ?? 0)) },
            ...{ output: comparison.result(), milliseconds, floatMilliseconds },
          },
        ];
      }
      case 'quantizedSparse': {
        const { comparison, milliseconds, floatMilliseconds } = measured.get(step.name) as Measurement;
        const { columns, rows } = step.matrix;
        return [
          {
            ...{ name: step.name, scheme: 'int8', shape: [columns, rows], bits: 8, ...bytesOfSparse(step) },
            ...{ output: comparison.result(), milliseconds, floatMilliseconds },
          },
        ];
      }
      case 'floatLinear': {
        const shape = step.weight.rank === 2 ? (step.weight.shape as [number, number]) : undefined;
        return [floatLayer(step.name, [step.weight.size, step.bias?.size ?? 0, step.inputScales?.length ?? 0], shape)];
      }
      case 'float':
        if (isWeightless(step.layer)) return [];
        if (isSparse(step.layer)) return [floatLayer(step.name, sizesOfSparse(step.layer), [step.layer.inputs, step.layer.units])];
        return [
          floatLayer(
            step.name,
            Object.values(step.layer.variables).map(({ size }) => size),
          ),
        ];
      default:
        return [];
    }
  });
  const first = samples[0];
  return {
    layers,
    bytes: layers.reduce((sum, { bytes }) => sum + bytes, 0),
    floatBytes: layers.reduce((sum, { floatBytes }) => sum + floatBytes, 0),
    output: whole.result(),
    milliseconds: first && tidy(() => medianTime(() => runNetworkSteps(network, first))),
    floatMilliseconds: first && tidy(() => medianTime(() => runSteps(original, first))),
  };
}

/** A layer that stayed in float, with so many numbers in each of its variables. */
function floatLayer(name: string, sizes: readonly number[], shape?: readonly [number, number]): LayerQuantization {
  const bytes = 4 * sizes.reduce((sum, size) => sum + size, 0);
  return {
    ...{ name, scheme: 'float', shape, bits: 32, bytes, floatBytes: bytes },
    ...{ output: undefined, milliseconds: undefined, floatMilliseconds: undefined },
  };
}

/** A quantized layer beside the one in float, both given the input that it has in float. */
class Measurement {
  readonly comparison = new Comparison();
  milliseconds: number | undefined;
  floatMilliseconds: number | undefined;
  readonly #step: QuantizedStep | QuantizedSparseStep;

  constructor(step: QuantizedStep | QuantizedSparseStep) {
    this.#step = step;
  }

  add(float: () => Tensor, x: Tensor, timed: boolean): void {
    const own = (): Tensor => floatsOf(runNetworkStep(this.#step, x));
    tidy(() => this.comparison.add(float(), own()));
    if (!timed) return;
    this.milliseconds ??= medianTime(own);
    this.floatMilliseconds ??= medianTime(float);
  }
}

/** Bytes that a file of the step needs. */
function bytesOf({ weight, bias, inputScales }: QuantizedStep): number {
  return weight.bytes + 4 * (bias?.size ?? 0) + 4 * (inputScales?.length ?? 0);
}

function medianTime(run: () => Tensor): number {
  const times = Array.from({ length: REPEATS }, () =>
    tidy(() => {
      const began = performance.now();
      run().dataSync();
      return performance.now() - began;
    }),
  );
  return times.sort((a, b) => a - b)[REPEATS >> 1] as number;
}

/** Sums over pairs of outputs. */
class Comparison {
  #signal = 0;
  #noise = 0;
  #other = 0;
  #product = 0;
  #largest = 0;
  #count = 0;

  add(expected: Tensor, actual: Tensor): void {
    const y = expected.dataSync();
    const z = actual.dataSync();
    for (let i = 0; i < y.length; i++) {
      const [a, b] = [y[i] as number, z[i] as number];
      this.#signal += a * a;
      this.#other += b * b;
      this.#product += a * b;
      this.#noise += (a - b) ** 2;
      this.#largest = Math.max(this.#largest, Math.abs(a - b));
    }
    this.#count += y.length;
  }

  result(): Closeness | undefined {
    if (this.#count === 0) return undefined;
    return {
      sqnr: this.#noise === 0 ? Infinity : 10 * Math.log10(this.#signal / this.#noise),
      cosine: this.#signal === 0 || this.#other === 0 ? 1 : this.#product / Math.sqrt(this.#signal * this.#other),
      largest: this.#largest,
    };
  }
}

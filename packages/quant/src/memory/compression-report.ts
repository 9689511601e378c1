import { abs, max, sqrt, square, sub, sum, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { ActivationCodec } from './activation-codec.ts';

/** What keeping a layer's input compressed saves and costs on a batch. */
export interface LayerCompression {
  readonly name: string;
  /** How it is kept, as the codec calls itself. */
  readonly codec: string;
  readonly floatBytes: number;
  /** Of the compressed input, and of the signs that a rectifier needs. */
  readonly bytes: number;
  /** Of x̂ - x. */
  readonly activationError: { readonly max: number; readonly rms: number };
  /** Of dŴ - dW, dW being the exact gradient of the same batch. */
  readonly gradientError: {
    /** Root mean square over the weights, measured. */
    readonly rms: number;
    /** As theory expects it: √(mean over the weights of Σ Var(x̂)·δ²), δ the gradients that a weight's inputs are multiplied by. */
    readonly expected: number;
    /** ‖dŴ - dW‖ / ‖dW‖. */
    readonly relative: number;
  };
}

/** What compression saves and costs a network on a batch. */
export interface CompressionReport {
  /** Layers with weights; the bytes in all are also those of pools. */
  readonly layers: readonly LayerCompression[];
  readonly floatBytes: number;
  readonly bytes: number;
  /** ‖dŴ - dW‖ / ‖dW‖ of all weights together. */
  readonly relativeError: number;
}

export interface Compared {
  readonly name: string;
  readonly codec: ActivationCodec;
  readonly floatBytes: number;
  readonly bytes: number;
  /** The layer's input, and what is left of it. */
  readonly exact: Tensor;
  readonly restored: Tensor;
  readonly dz: Tensor;
  /** Of what is left. */
  readonly dW: Tensor;
  readonly gradient: (x: Tensor, dz: Tensor) => Tensor;
}

/** Compares a layer's gradient with the exact one. */
export function compressionOf({ name, codec, floatBytes, bytes, exact, restored, dz, dW, gradient }: Compared): Measured {
  return tidy(() => {
    const error = sub(restored, exact);
    const exactGradient = gradient(exact, dz);
    const size = norm(exactGradient);
    const difference = norm(sub(dW, exactGradient));
    // Errors of numbers are independent: variances add up, with squared gradients as their factors.
    const variance = sum(gradient(codec.errorVariance(exact), square(dz))).dataSync()[0] as number;
    return {
      ...{ name, codec: codec.name, floatBytes, bytes, size },
      activationError: { max: max(abs(error)).dataSync()[0] as number, rms: norm(error) / Math.sqrt(error.size) },
      gradientError: {
        rms: difference / Math.sqrt(dW.size),
        expected: Math.sqrt(variance / dW.size),
        relative: difference === 0 ? 0 : difference / size,
      },
      difference,
    };
  });
}

/** With the norms of dW and of dŴ - dW. */
export interface Measured extends LayerCompression {
  readonly size: number;
  readonly difference: number;
}

/** The report of layers, and of all that was kept, by pools too. */
export function inAll(
  measured: readonly Measured[],
  kept: readonly { readonly floatBytes: number; readonly bytes: number }[],
): CompressionReport {
  const total = (value: (own: Measured) => number): number => measured.reduce((all, own) => all + value(own), 0);
  const difference = Math.sqrt(total((own) => own.difference ** 2));
  return {
    layers: measured.map(({ size: _size, difference: _difference, ...layer }) => layer),
    floatBytes: kept.reduce((all, { floatBytes }) => all + floatBytes, 0),
    bytes: kept.reduce((all, { bytes }) => all + bytes, 0),
    relativeError: difference === 0 ? 0 : difference / Math.sqrt(total((own) => own.size ** 2)),
  };
}

function norm(x: Tensor): number {
  return sqrt(sum(square(x))).dataSync()[0] as number;
}

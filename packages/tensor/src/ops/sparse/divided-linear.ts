import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { defineGradient } from '../../gradients/define-gradient.ts';
import { SLOPE } from '../activation-name.ts';
import { checkOptions } from '../argument-kinds.ts';
import { checkNumber, checkTensor } from '../arguments.ts';
import { hasFamilyKernel, needGradient, needGradients, runKernel } from '../kernel.ts';
import { csrLinear, type CsrLinearOptions } from './csr-linear.ts';
import { csrMatMul, csrSampledMatMul } from './csr-mat-mul.ts';
import { checkPattern, type CsrPattern, type CsrTensors } from './csr-pattern.ts';
import { checkKeep } from './largest-absent.ts';
import { asMatrix, checkLinear, fused, unfused } from './linear-arguments.ts';
import { moveValues, rewire } from './rewire.ts';

const KERNEL = 'XSparseDividedLinear';

/** A pattern's non-zeros as they are divided among those that take part and those that are trained; it owns what it is made of. */
export interface CsrDivision {
  readonly rows: number;
  readonly columns: number;
  /** Elements of the values. */
  readonly size: number;
  /** Those that take part, and int32, where each is among the values. */
  readonly forward: CsrPattern;
  readonly places: Tensor;
  /** Those that are trained, and int32[size], the number of each value among them or -1; undefined if all values are. */
  readonly backward: CsrPattern;
  readonly numbers: Tensor | undefined;
  /** The forward pattern by columns, whose permutation names the places of all values; undefined where there are no kernels. */
  readonly across: Across | undefined;
  dispose(): void;
}

interface Across {
  readonly rows: number;
  readonly columns: number;
  readonly nonZeros: number;
  onDevice(): CsrTensors;
}

/**
 * Divides a pattern's non-zeros.
 *
 * @param size Elements of the values, at least as many as non-zeros.
 * @param forward 1 for each non-zero that takes part.
 * @param backward 1 for each that is trained.
 * @throws {TypeError | RangeError} if an argument is invalid; nothing is made then.
 */
export function divideCsr(pattern: CsrPattern, size: number, forward: Uint8Array, backward: Uint8Array): CsrDivision {
  const where = 'divideCsr';
  checkPattern(where, pattern);
  checkNumber(where, 'size', size, { least: pattern.nonZeros, whole: true });
  for (const flags of [forward, backward]) checkKeep(where, flags, pattern);
  const none = new Float64Array(0);
  const ahead = rewire(pattern, { keep: forward, grown: none });
  const back = rewire(pattern, { keep: backward, grown: none });
  for (const part of [ahead, back]) part.pattern.prepare();
  const { rows, columns } = pattern;
  const whole = back.pattern.nonZeros === size;
  const numbers = whole ? undefined : tf.keep(tf.tensor1d(inverse(back.from.dataSync() as Int32Array, size), 'int32'));
  back.from.dispose();
  const permutation = hasFamilyKernel('sparse', KERNEL)
    ? tf.keep(tf.gather(ahead.from, ahead.pattern.onDevice().permutation as tf.Tensor1D))
    : undefined;
  return {
    ...{ rows, columns, size, numbers },
    forward: ahead.pattern,
    places: tf.keep(ahead.from),
    backward: back.pattern,
    across: permutation && {
      ...{ rows, columns, nonZeros: ahead.pattern.nonZeros },
      onDevice: () => ({ ...ahead.pattern.onDevice(), permutation }),
    },
    dispose: () => {
      for (const part of [ahead, back]) part.pattern.dispose();
      for (const tensor of [ahead.from, numbers, permutation]) tensor?.dispose();
    },
  };
}

function inverse(places: Int32Array, size: number): Int32Array {
  const numbers = new Int32Array(size).fill(-1);
  for (let i = 0; i < places.length; i++) numbers[places[i] as number] = i;
  return numbers;
}

/**
 * A linear map by the non-zeros that take part, whose gradient reaches those that are trained: y = activation(x·Sᵀ + bias).
 *
 * Forward and the gradient of x cost what takes part, that of the values what is trained.
 *
 * @param x float32[..., columns].
 * @param values float32[size], all that are stored.
 * @param bias float32[rows]; none if left out.
 * @returns float32[..., rows], differentiable once in x, values and bias; the gradient of a value that isn't trained is 0.
 * @throws {TypeError | RangeError} if an argument has another dtype or shape, or the activation is unknown.
 */
export function csrDividedLinear(x: Tensor, values: Tensor, division: CsrDivision, bias?: Tensor, options: CsrLinearOptions = {}): Tensor {
  const { activation = 'linear', slope = SLOPE, see } = checkOptions('csrDividedLinear', options);
  const where = 'csrDividedLinear';
  const { rows, columns, size, places } = division;
  checkPattern(where, division.forward);
  checkTensor(where, 'values', values, { dtype: 'float32', shape: [size] });
  checkLinear(where, x, division, bias, activation, slope);
  needGradients();
  return tf.tidy(() => {
    const matrix = asMatrix(x, columns);
    let y: Tensor;
    if (division.across) {
      needGradient(dividedGradient);
      const inputs = { x: matrix, values, places, ...(bias && { bias }) };
      y = fused(activation, slope, (kernelActivation) =>
        runKernel<Tensor>(KERNEL, inputs, { division, forward: division.forward, slope, see, activation: kernelActivation }),
      );
    } else y = unfused(composed(division, see)(matrix, values), bias, activation, slope);
    return x.rank === 2 ? y : tf.reshape(y, [...x.shape.slice(0, -1), rows]);
  });
}

type See = CsrLinearOptions['see'];

interface Attributes {
  readonly division: CsrDivision;
  readonly activation: string;
  readonly slope: number;
  readonly see?: See;
}

const dividedGradient: GradConfig = defineGradient<[Tensor, Tensor, Tensor], Attributes>({
  kernelName: KERNEL,
  inputsToSave: ['x', 'values'],
  outputsToSave: [true],
  gradFunc: (dy, [x, values, y], { division, activation, slope, see }) => {
    const [d, bias] = runKernel<Tensor[]>('XSparseOutputGrad', { dy, y }, { activation, slope }) as [Tensor, Tensor];
    see?.(d, x);
    return {
      x: () => runKernel<Tensor>('XSparseInputGrad', { d, values }, { pattern: division.across }),
      values: () => valuesGradient(d, x, division),
      places: () => tf.zerosLike(division.places),
      bias: () => bias,
    };
  },
});

function valuesGradient(d: Tensor, x: Tensor, { backward, numbers, size }: CsrDivision): Tensor {
  const trained = csrSampledMatMul(d, x, backward);
  return numbers ? moveValues(trained, numbers, size) : trained;
}

function composed(division: CsrDivision, see: See): (x: Tensor, values: Tensor) => Tensor {
  const { forward, places } = division;
  return tf.customGrad((x, values, save) => {
    const own = tf.gather(values as Tensor, places as tf.Tensor1D);
    (save as tf.GradSaveFunc)([x as Tensor, own]);
    return {
      value: csrLinear(x as Tensor, own, forward),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [seen, present] = saved as [Tensor, Tensor];
        see?.(dy, seen);
        return [csrMatMul(dy, present, forward), valuesGradient(dy, seen, division)];
      },
    };
  }) as (x: Tensor, values: Tensor) => Tensor;
}

import { roundHalfEven } from '../arithmetic/rounding.ts';
import { largestOf } from './block-codec.ts';

const f = Math.fround;
const EPSILON = f(1e-15);

function clamp(x: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, x));
}

/** The step of signed integers [-most, most - 1], weights x², best of 19 candidates. */
export function signedStep(x: Float32Array, most: number): number {
  const max = largestOf(x);
  if (Math.abs(max) < EPSILON) return 0;
  const sums = (inverse: number): readonly [number, number] => {
    let ofProducts = 0;
    let ofSquares = 0;
    for (const value of x) {
      const q = clamp(roundHalfEven(f(inverse * value)), -most, most - 1);
      const w = f(value * value);
      ofProducts = f(ofProducts + f(f(w * value) * q));
      ofSquares = f(ofSquares + f(f(w * q) * q));
    }
    return [ofProducts, ofSquares];
  };
  let [products, squares] = sums(f(-most / max));
  let step = squares === 0 ? 0 : f(products / squares);
  let best = f(step * products);
  for (let i = -9; i <= 9; i++) {
    if (i === 0) continue;
    [products, squares] = sums(f(-f(most + f(f(0.1) * i)) / max));
    if (squares > 0 && f(products * products) > f(best * squares)) {
      step = f(products / squares);
      best = f(step * products);
    }
  }
  return step;
}

/** The step of signed integers [-most, most - 1], weights x², each integer improved in turn while that helps. */
export function improvedStep(x: Float32Array, most: number): number {
  const max = largestOf(x);
  if (Math.abs(max) < EPSILON) return 0;
  const inverse = f(-most / max);
  const integers = Array.from(x, (value) => clamp(roundHalfEven(f(inverse * value)), -most, most - 1));
  let products = 0;
  let squares = 0;
  x.forEach((value, i) => {
    const w = f(value * value);
    products = f(products + f(f(w * value) * integers[i]!));
    squares = f(squares + f(f(w * integers[i]!) * integers[i]!));
  });
  for (let round = 0; round < 5; round++) {
    let changed = false;
    x.forEach((value, i) => {
      const w = f(value * value);
      let others = f(products - f(f(w * value) * integers[i]!));
      if (!(others > 0)) return;
      let otherSquares = f(squares - f(f(w * integers[i]!) * integers[i]!));
      const q = clamp(roundHalfEven(f(f(value * otherSquares) / others)), -most, most - 1);
      if (q === integers[i]) return;
      others = f(others + f(f(w * value) * q));
      otherSquares = f(otherSquares + f(f(w * q) * q));
      if (otherSquares > 0 && f(f(others * others) * squares) > f(f(products * products) * otherSquares)) {
        integers[i] = q;
        products = others;
        squares = otherSquares;
        changed = true;
      }
    });
    if (!changed) break;
  }
  return squares > 0 ? f(products / squares) : 0;
}

export interface StepAndMin {
  readonly step: number;
  /** What is subtracted. */
  readonly min: number;
}

export interface StepAndMinSearch {
  readonly weights: Float32Array;
  /** Candidates: (most + from + by·i) / (max - min), i = 0..count. */
  readonly from: number;
  readonly by: number;
  readonly count: number;
  /** Whether |error| counts rather than its square. */
  readonly absolute: boolean;
}

/** Step and least number of integers [0, most] with least weighted error: for each candidate a fit by least squares. */
export function stepAndMin(x: Float32Array, most: number, { weights, from, by, count, absolute }: StepAndMinSearch): StepAndMin {
  let min = x[0]!;
  let max = x[0]!;
  let sumOfWeights = weights[0]!;
  let sumOfX = f(sumOfWeights * x[0]!);
  for (let i = 1; i < x.length; i++) {
    min = Math.min(min, x[i]!);
    max = Math.max(max, x[i]!);
    sumOfWeights = f(sumOfWeights + weights[i]!);
    sumOfX = f(sumOfX + f(weights[i]! * x[i]!));
  }
  min = Math.min(min, 0);
  if (max === min) return { step: 0, min: -min };
  const low = min;
  const range = f(max - min);
  const integer = (inverse: number, value: number): number => clamp(roundHalfEven(f(inverse * f(value - low))), 0, most);
  const errorOf = (integers: ArrayLike<number>, step: number, least: number): number => {
    let error = 0;
    for (let i = 0; i < x.length; i++) {
      const difference = f(f(f(step * integers[i]!) + least) - x[i]!);
      error = f(error + f(weights[i]! * (absolute ? Math.abs(difference) : f(difference * difference))));
    }
    return error;
  };
  const firstInverse = f(most / range);
  let step = f(1 / firstInverse);
  let best = errorOf(
    Array.from(x, (value) => integer(firstInverse, value)),
    step,
    min,
  );
  // The search goes on from the range of the best so far, as ggml's does.
  let current = min;
  for (let candidate = 0; candidate <= count; candidate++) {
    const inverse = f(f(f(f(from) + f(f(by) * candidate)) + most) / f(max - current));
    const integers = Array.from(x, (value) => clamp(roundHalfEven(f(inverse * f(value - current))), 0, most));
    let [sumOfQ, sumOfSquares, sumOfProducts] = [0, 0, 0];
    for (let i = 0; i < x.length; i++) {
      const wq = f(weights[i]! * integers[i]!);
      sumOfQ = f(sumOfQ + wq);
      sumOfSquares = f(sumOfSquares + f(wq * integers[i]!));
      sumOfProducts = f(sumOfProducts + f(wq * x[i]!));
    }
    const determinant = f(f(sumOfWeights * sumOfSquares) - f(sumOfQ * sumOfQ));
    if (!(determinant > 0)) continue;
    let ownStep = f(f(f(sumOfWeights * sumOfProducts) - f(sumOfX * sumOfQ)) / determinant);
    let ownMin = f(f(f(sumOfSquares * sumOfX) - f(sumOfQ * sumOfProducts)) / determinant);
    if (ownMin > 0) {
      ownMin = 0;
      ownStep = f(sumOfProducts / sumOfSquares);
    }
    const error = errorOf(integers, ownStep, ownMin);
    if (error < best) {
      best = error;
      step = ownStep;
      current = ownMin;
    }
  }
  return { step, min: -current };
}

import { expect, test } from 'vitest';
import { adagradStep } from '../../src/kernels/adagrad.ts';
import { adamStep } from '../../src/kernels/adam.ts';
import { axpy } from '../../src/kernels/axpy.ts';
import {
  referenceAdagradStep,
  referenceAdamStep,
  referenceAxpy,
  referenceRmspropStep,
  referenceSgdStep,
} from '../../src/kernels/reference/optimizers.ts';
import { rmspropStep } from '../../src/kernels/rmsprop.ts';
import { sgdStep } from '../../src/kernels/sgd.ts';
import { inEveryCombination } from './combinations.ts';
import { Blocks } from './memory.ts';
import { floats } from './values.ts';

const counts = [0, 1, 7, 8, 9, 31, 4096, 4097, 50001];
const sgdCases = [
  { learningRate: 0.1, momentum: 0, dampening: 0, nesterov: false, weightDecay: 0, velocity: false },
  { learningRate: 0.1, momentum: 0, dampening: 0, nesterov: false, weightDecay: 0.01, velocity: false },
  { learningRate: 0.05, momentum: 0.9, dampening: 0, nesterov: false, weightDecay: 0.01, velocity: true },
  { learningRate: 0.05, momentum: 0.9, dampening: 0.3, nesterov: false, weightDecay: 0, velocity: true },
  { learningRate: 0.05, momentum: 0.9, dampening: 0, nesterov: true, weightDecay: 0.01, velocity: true },
] as const;
const adamCases = [
  { learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, decoupled: false },
  { learningRate: 0.01, beta1: 0.8, beta2: 0.99, epsilon: 1e-3, weightDecay: 0.1, decoupled: false },
  { learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1, decoupled: true },
] as const;
const rmspropCases = [
  { learningRate: 0.01, alpha: 0.99, epsilon: 1e-8, momentum: 0, weightDecay: 0, centered: false },
  { learningRate: 0.01, alpha: 0.9, epsilon: 1e-3, momentum: 0.9, weightDecay: 0.1, centered: false },
  // The variance is a difference, so that epsilon must be larger than its rounding's root.
  { learningRate: 0.01, alpha: 0.9, epsilon: 0.1, momentum: 0, weightDecay: 0, centered: true },
  { learningRate: 0.01, alpha: 0.9, epsilon: 0.1, momentum: 0.5, weightDecay: 0.1, centered: true },
] as const;
const adagradCases = [
  { learningRate: 0.01, epsilon: 1e-10, weightDecay: 0 },
  { learningRate: 0.1, epsilon: 1e-3, weightDecay: 0.1 },
] as const;
const STEPS = 3;
const tolerance = { rtol: 2e-6, atol: 2e-6 };

inEveryCombination((kernels) => {
  test.for(sgdCases)('three steps of sgd, %j: within 2e-6', ({ velocity: moving, ...options }) => {
    for (const count of counts) {
      const start = floats(count, 1);
      const expected = { value: Float64Array.from(start), velocity: moving ? new Float64Array(count) : undefined };
      const blocks = new Blocks(kernels());
      const value = blocks.place(start);
      const velocity = moving ? blocks.place(new Float32Array(count)) : 0;
      for (let step = 1; step <= STEPS; step++) {
        const gradient = floats(count, step + 1);
        referenceSgdStep(expected.value, gradient, expected.velocity, options);
        sgdStep(kernels(), { value, gradient: blocks.place(gradient), velocity, count, ...options });
      }
      expect(blocks.read(value, new Float32Array(count))).toBeAllclose(expected.value, tolerance);
      if (expected.velocity) expect(blocks.read(velocity, new Float32Array(count))).toBeAllclose(expected.velocity, tolerance);
      blocks.release();
    }
  });

  // Of tensors of all these sizes at once, so that work items begin and end in others.
  test.for(adamCases)('three steps of adam, %j: within 2e-6', (options) => {
    const blocks = new Blocks(kernels());
    const tensors = counts.map((count, index) => ({
      count,
      expected: { value: Float64Array.from(floats(count, index)), m: new Float64Array(count), v: new Float64Array(count) },
      value: blocks.place(floats(count, index)),
      m: blocks.place(new Float32Array(count)),
      v: blocks.place(new Float32Array(count)),
    }));
    for (let step = 1; step <= STEPS; step++) {
      const gradients = counts.map((count, index) => floats(count, 10 * step + index));
      tensors.forEach(({ expected: { value, m, v } }, index) => referenceAdamStep(value, gradients[index]!, m, v, { ...options, step }));
      const given = tensors.map((tensor, index) => ({ ...tensor, gradient: blocks.place(gradients[index]!) }));
      adamStep(kernels(), given, { ...options, step });
    }
    for (const { count, expected, ...addresses } of tensors) {
      for (const name of ['value', 'm', 'v'] as const)
        expect(blocks.read(addresses[name], new Float32Array(count))).toBeAllclose(expected[name], tolerance);
    }
    blocks.release();
  });

  test.for(rmspropCases)('three steps of rmsprop, %j: within 2e-6', ({ centered, ...options }) => {
    for (const count of counts) {
      const start = floats(count, 1);
      const slots = {
        square: new Float64Array(count),
        mean: centered ? new Float64Array(count) : undefined,
        buffer: options.momentum > 0 ? new Float64Array(count) : undefined,
      };
      const expected = Float64Array.from(start);
      const blocks = new Blocks(kernels());
      const value = blocks.place(start);
      const [square = 0, mean = 0, buffer = 0] = Object.values(slots).map((slot) => (slot ? blocks.place(new Float32Array(count)) : 0));
      for (let step = 1; step <= STEPS; step++) {
        const gradient = floats(count, step + 1);
        referenceRmspropStep(expected, gradient, slots, options);
        rmspropStep(kernels(), { value, gradient: blocks.place(gradient), square, mean, buffer, count, ...options });
      }
      expect(blocks.read(value, new Float32Array(count))).toBeAllclose(expected, centered ? { rtol: 1e-5, atol: 1e-5 } : tolerance);
      expect(blocks.read(square, new Float32Array(count))).toBeAllclose(slots.square, tolerance);
      if (slots.mean) expect(blocks.read(mean, new Float32Array(count))).toBeAllclose(slots.mean, tolerance);
      if (slots.buffer) expect(blocks.read(buffer, new Float32Array(count))).toBeAllclose(slots.buffer, { rtol: 1e-5, atol: 1e-5 });
      blocks.release();
    }
  });

  test.for(adagradCases)('three steps of adagrad, %j: within 2e-6', (options) => {
    for (const count of counts) {
      const start = floats(count, 1);
      const [expected, squares] = [Float64Array.from(start), new Float64Array(count)];
      const blocks = new Blocks(kernels());
      const value = blocks.place(start);
      const square = blocks.place(new Float32Array(count));
      for (let step = 1; step <= STEPS; step++) {
        const gradient = floats(count, step + 1);
        referenceAdagradStep(expected, gradient, squares, options);
        adagradStep(kernels(), { value, gradient: blocks.place(gradient), square, count, ...options });
      }
      expect(blocks.read(value, new Float32Array(count))).toBeAllclose(expected, tolerance);
      expect(blocks.read(square, new Float32Array(count))).toBeAllclose(squares, tolerance);
      blocks.release();
    }
  });

  test('axpy: within 1e-6', () => {
    for (const count of counts) {
      const [start, addend] = [floats(count, 1), floats(count, 2)];
      const expected = Float64Array.from(start);
      referenceAxpy(expected, addend, -0.3);
      const blocks = new Blocks(kernels());
      const y = blocks.place(start);
      axpy(kernels(), y, blocks.place(addend), count, -0.3);
      expect(blocks.read(y, new Float32Array(count))).toBeAllclose(expected, { rtol: 1e-6, atol: 1e-6 });
      blocks.release();
    }
  });
});

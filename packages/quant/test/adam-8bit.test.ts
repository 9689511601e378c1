import * as tf from '@tensorflow/tfjs-core';
import { adamw, adam, disposeState, trainable, trainStep, type Optimizer } from '@x/tensor';
import { expectNoLeak } from '@x-tooling/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { adam8bit } from '../src/index.ts';
import { backends, useBackend } from './backends.ts';
import { batch, network } from './memory-network.ts';

describe.each(backends)('adam8bit on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  function losses(optimizer: Optimizer, steps: number): { values: number[]; bytes: number } {
    const net = network();
    const state = optimizer.init(trainable(net));
    const data = batch(1);
    const values = Array.from({ length: steps }, () => tf.tidy(() => trainStep(net, data, { optimizer, state }).dataSync()[0]!));
    const bytes = Object.values(state.slots)
      .flatMap((slot) => Object.values(slot))
      .reduce((sum, { size }) => sum + 4 * size, 0);
    disposeState(state);
    tf.dispose(data);
    net.dispose();
    return { values, bytes };
  }

  test('small parameters are exactly Adam’s and AdamW’s', () => {
    expect(losses(adam8bit({ least: 1e9, learningRate: 0.01 }), 5).values).toBeAllclose(losses(adam({ learningRate: 0.01 }), 5).values, {
      rtol: 1e-4,
    });
    expect(losses(adam8bit({ least: 1e9, learningRate: 0.01, weightDecay: 0.1 }), 5).values).toBeAllclose(
      losses(adamw({ learningRate: 0.01, weightDecay: 0.1 }), 5).values,
      { rtol: 1e-4 },
    );
  });

  test.each(['float8', 'dynamic'] as const)('trains as Adam does in a quarter of the bytes, %s', (code) => {
    const few = losses(adam8bit({ code, learningRate: 0.005 }), 60);
    const full = losses(adam({ learningRate: 0.005 }), 60);
    expect(few.values.at(-1)).toBeCloseTo(full.values.at(-1)!, 1);
    expect(few.values.at(-1)!).toBeLessThan(0.3 * few.values[0]!);
    // The first weight has 6144 numbers, all others stay in 32 bits.
    expect(few.bytes).toBe(2 * (6144 + 4 * 24) + 8 * (96 + 960 + 10));
    expect((2 * (6144 + 4 * 24)) / (8 * 6144)).toBeLessThan(0.27);
    expect(full.bytes).toBe(8 * (6144 + 96 + 960 + 10));
  });

  test('nothing leaks, and strange states are refused', () => {
    expectNoLeak(() => losses(adam8bit(), 2));
    const net = network();
    const optimizer = adam8bit();
    const gradients = { '0.bias': tf.zeros([96]) };
    expect(() => optimizer.update(net.variables, gradients, { step: 0, slots: {} })).toThrow(/no live memory of '0.bias'/);
    expect(() => optimizer.update({}, gradients, { step: 0, slots: {} })).toThrow(/belongs to no parameter/);
    expect(() => adam8bit({ beta1: 1 })).toThrow(/beta1 is 1/);
    expect(() => adam8bit({ block: 18 })).toThrow(/block is 18, but must be a multiple of 32 for the code float8/);
    expect(() => adam8bit({ block: 18, code: 'dynamic' })).toThrow(/block is 18, but must be a multiple of 4/);
    expect(() => adam8bit({ code: 'float16' as 'float8' })).toThrow(/code is "?'?float16.*, but must be 'float8' or 'dynamic'/);
    expect(() => adam8bit({ block: 100000 })).toThrow(/block is 100000/);
    expect(() => adam8bit({ learningRate: -1 })).toThrow(/learningRate is -1/);
    tf.dispose(gradients);
    net.dispose();
  });
});

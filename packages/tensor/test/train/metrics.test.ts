import * as tf from '@tensorflow/tfjs-core';
import { expectNoLeak } from '@x-tooling/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  accuracy,
  brierScore,
  dense,
  evaluate,
  expectedCalibrationError,
  fit,
  flatten,
  negativeLogLikelihood,
  random,
  sgd,
  topKAccuracy,
  type MeanMetric,
} from '../../src/index.ts';
import { backends, useBackend } from '../backends.ts';

/** Four examples of three classes: right and sure, right and unsure, wrong and sure, wrong and unsure. */
const probabilities = [
  [0.75, 0.125, 0.125],
  [0.25, 0.5, 0.25],
  [0.875, 0.125, 0],
  [0.375, 0.25, 0.375],
];
const classes = [0, 1, 1, 1];

describe.each(backends)('%s', (backend) => {
  beforeAll(() => useBackend(backend));
  const from = 'probabilities';

  // By hand: squares 0.09375, 0.375, 1.53125, 0.84375.
  test.each<[string, MeanMetric, number]>([
    ['accuracy', accuracy, 0.5],
    ['topKAccuracy(1)', topKAccuracy(1), 0.5],
    ['topKAccuracy(2)', topKAccuracy(2), 0.75],
    ['topKAccuracy(3)', topKAccuracy(3), 1],
    ['negativeLogLikelihood', (output, y) => negativeLogLikelihood(output, y, { from }), -Math.log(0.75 * 0.5 * 0.125 * 0.25) / 4],
    ['brierScore', (output, y) => brierScore(output, y, { from }), (0.09375 + 0.375 + 1.53125 + 0.84375) / 4],
  ])('%s of numbers worked out by hand, from classes, distributions and sequences, to 6 places', (_, metric, expected) => {
    expectNoLeak(() =>
      tf.tidy(() => {
        const output = tf.tensor2d(probabilities);
        const labels = tf.tensor1d(classes, 'int32');
        const distributions = tf.cast(tf.oneHot(labels, 3), 'float32');
        for (const [x, y] of [
          [output, labels],
          [output, distributions],
          [tf.reshape(output, [2, 2, 3]), tf.reshape(labels, [2, 2])],
        ] as const) {
          const value = metric(x, y);
          expect(value.shape).toEqual([]);
          expect(value.dataSync()[0]).toBeCloseTo(expected, 6);
        }
      }),
    );
  });

  test('of logits they are those of their softmax', () => {
    tf.tidy(() => {
      const logits = random.normal(random.key(1), [50, 4], { std: 3 });
      const y = tf.cast(random.uniform(random.key(2), [50], { max: 4 }), 'int32');
      const p = tf.softmax(logits);
      expect(negativeLogLikelihood(logits, y)).toBeAllclose(negativeLogLikelihood(p, y, { from }), { rtol: 1e-5 });
      expect(brierScore(logits, y)).toBeAllclose(brierScore(p, y, { from }), { rtol: 1e-5 });
      const [ofLogits, ofProbabilities] = [expectedCalibrationError(), expectedCalibrationError({ from })];
      expect(ofLogits.means(logits, y)).toBeAllclose(ofProbabilities.means(p, y), { rtol: 1e-5 });
    });
  });

  test('a label whose output is NaN is no hit', () => {
    tf.tidy(() => {
      expect(topKAccuracy(2)(tf.tensor2d([[NaN, 1, 0]]), tf.tensor1d([0], 'int32')).dataSync()[0]).toBe(0);
    });
  });
});

describe('calibration', () => {
  beforeAll(() => useBackend('x wide'));

  /** As its definition reads, one example after another. */
  function definition(rows: readonly number[][], labels: readonly number[], bins: number): number {
    const inBin = Array.from({ length: bins }, () => ({ count: 0, right: 0, confidence: 0 }));
    rows.forEach((row, index) => {
      const confidence = Math.max(...row);
      const bin = inBin[Math.min(bins - 1, Math.max(0, Math.ceil(Math.fround(confidence * bins)) - 1))]!;
      bin.count++;
      bin.confidence += confidence;
      bin.right += row.indexOf(confidence) === labels[index] ? 1 : 0;
    });
    return inBin
      .filter(({ count }) => count > 0)
      .reduce((sum, { count, right, confidence }) => sum + (count / rows.length) * Math.abs(right / count - confidence / count), 0);
  }

  test('of numbers worked out by hand', async () => {
    const x = tf.tensor2d(probabilities);
    const y = tf.tensor1d(classes, 'int32');
    const { metrics } = await evaluate(
      { ...flatten(), apply: (output) => tf.clone(output) },
      { x, y },
      { metrics: { ece: expectedCalibrationError({ bins: 2, from: 'probabilities' }) } },
    );
    // Up to 0.5: 0.5 right, 0.375 wrong; above: 0.75 right, 0.875 wrong.
    expect(metrics['ece']).toBeCloseTo((Math.abs(1 - 0.875) + Math.abs(1 - 1.625)) / 4, 6);
    tf.dispose([x, y]);
  });

  test.each([7, 64, 1000])('in batches of %d it is that of all examples, to 6 places; and training reports it', async (batchSize) => {
    const logits = random.normal(random.key(3), [1000, 5], { std: 2 });
    const y = tf.tidy(() => tf.cast(random.uniform(random.key(4), [1000], { max: 5 }), 'int32'));
    const rows = tf.tidy(() => tf.softmax(logits).arraySync()) as number[][];
    const expected = definition(rows, [...y.dataSync()], 15);
    const net = dense(5, 5, { key: random.key(5), bias: false, init: () => tf.eye(5) });
    const metrics = { ece: expectedCalibrationError(), accuracy };
    const result = await evaluate(net, { x: logits, y }, { metrics, batchSize });
    expect(result.metrics['ece']).toBeCloseTo(expected, 6);
    for await (const event of fit(net, { x: logits, y }, { metrics, batchSize, optimizer: sgd({ learningRate: 0 }) }))
      if (event.type === 'epoch') expect(event.metrics['ece']).toBeCloseTo(expected, 6);
    tf.dispose([logits, y]);
    net.dispose();
  });
});

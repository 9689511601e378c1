import * as tf from '@tensorflow/tfjs-core';
import { decodeSafetensors, dense, enable, encodeSafetensors, random, sequential, type ActivationName, type Layer } from '@x/tensor';
import { csrLinear, csrPattern, int8CsrLinear, quantizeCsr } from '@x/tensor/sparse';
import { expectNoLeak } from '@x-tooling/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { formatReport, fromSafetensors, quantize, sensitivity, simulate, toSafetensors, type QuantizedNetwork } from '../src/index.ts';
import { toOnnx } from '../src/onnx.ts';
import { backends, useBackend } from './backends.ts';

/** What `sparseLinear` of `@x/sparse` makes, as far as this package looks at it. */
function sparseLinear(inputs: number, units: number, activation: ActivationName, seed: number, division?: object): Layer {
  const places = random.bits(random.key(seed), inputs * units);
  const [pointers, indices]: [number[], number[]] = [[0], []];
  for (let unit = 0; unit < units; unit++) {
    for (let input = 0; input < inputs; input++) if (places[unit * inputs + input]! % 5 === 0) indices.push(input);
    pointers.push(indices.length);
  }
  const pattern = csrPattern(units, inputs, Int32Array.from(pointers), Int32Array.from(indices));
  const variables = tf.tidy(() => ({
    values: tf.variable(random.normal(random.key(seed + 1), [indices.length + 3], { std: 0.3 })),
    bias: tf.variable(random.normal(random.key(seed + 2), [units])),
  }));
  return {
    ...{ kind: 'sparseLinear', inputs, units, activation, slope: 0.01, variables, pattern, division },
    apply: (x) => csrLinear(x, variables.values, pattern, variables.bias, { activation }),
    outputShape: (shape) => [...shape.slice(0, -1), units],
    dispose: () => {
      pattern.dispose();
      tf.dispose(variables);
    },
  } as Layer;
}

async function again(q: QuantizedNetwork): Promise<QuantizedNetwork> {
  const { tensors, metadata } = toSafetensors(q);
  const contents = decodeSafetensors(await encodeSafetensors(tensors, { metadata }));
  try {
    return fromSafetensors(contents);
  } finally {
    tf.dispose(contents.tensors);
  }
}

describe.each(backends)('sparse layers in integers on %s', (backend) => {
  beforeAll(async () => {
    await useBackend(backend);
    if (backend === 'x') await (await enable()).load('sparse');
  });

  const network = (): Layer =>
    sequential([
      sparseLinear(40, 60, 'relu', 1),
      dense(60, 24, { activation: 'relu', key: random.key(9) }),
      sparseLinear(24, 7, 'linear', 4),
    ]);

  test('non-zeros become 8-bit integers, the network keeps its signal, and the report says what it cost', async () => {
    const net = network();
    const x = random.normal(random.key(2), [90, 40]);
    await expectNoLeak(async () => {
      const q = await quantize(net, { calibrate: x });
      const report = q.report();
      expect(report.layers.map(({ name, scheme, shape }) => [name, scheme, shape])).toEqual([
        ['0', 'int8', [40, 60]],
        ['1', 'int8', [60, 24]],
        ['2', 'int8', [24, 7]],
      ]);
      for (const { output } of report.layers) expect(output!.sqnr).toBeGreaterThan(30);
      expect(report.output!.sqnr).toBeGreaterThan(30);
      expect(report.layers[0]!.bytes).toBeLessThan(0.51 * report.layers[0]!.floatBytes);
      expect(formatReport(report)).toContain('40 x 60');
      expect(q.outputShape([null, 40])).toEqual([null, 7]);
      const [first] = q.steps;
      tf.tidy(() => {
        const { values, bias } = net.variables as unknown as Record<string, tf.Variable>;
        expect(values ?? bias).toBeUndefined();
        const { pattern, variables } = (
          net as unknown as { layers: [{ pattern: never; variables: { values: tf.Tensor; bias: tf.Tensor } }] }
        ).layers[0];
        if (first?.kind !== 'quantizedSparse' || first.input === 'dynamic') throw new Error('not a sparse step');
        const own = quantizeCsr(variables.values, pattern);
        expect(first.matrix.values).toEqual(own.values);
        expect(q.apply(x).dataSync()).toHaveLength(90 * 7);
        expect(int8CsrLinear(x, own, variables.bias, { activation: 'relu', inputQuantization: first.input }).dataSync()).toEqual(
          int8CsrLinear(x, first.matrix, first.bias, { activation: 'relu', inputQuantization: first.input }).dataSync(),
        );
        own.dispose();
      });
      const loaded = await again(q);
      tf.tidy(() => {
        expect(loaded.apply(x).dataSync()).toEqual(q.apply(x).dataSync());
      });
      expect(toSafetensors(loaded)).toEqual(toSafetensors(q));
      expect(Object.values(toSafetensors(q).tensors).reduce((sum, { bytes }) => sum + bytes.length, 0)).toBe(report.bytes);
      expect(() => toOnnx(q)).toThrow(/layer 0 is sparse/);
      q.dispose();
      loaded.dispose();
      const dynamic = await quantize(net, { activations: 'dynamic', layers: { '2': 'float' } });
      expect(dynamic.report().layers.map(({ scheme }) => scheme)).toEqual(['int8', 'int8', 'float']);
      dynamic.dispose();
      const found = await sensitivity(net, { calibrate: x, schemes: ['int8'] });
      expect(found.filter(({ scheme }) => scheme === 'int8').map(({ layer }) => layer)).toEqual(['0', '1', '2']);
      const simulated = await simulate(net, { weights: { bits: 8 } });
      expect(simulated.outputShape([null, 40])).toEqual([null, 7]);
    });
    for (const own of [net, x]) own.dispose();
  });

  test('what sparse integers can’t be is refused by name', async () => {
    const net = network();
    await expect(quantize(net, { scheme: 'int4' })).rejects.toThrow(/layer 0 is sparse/);
    const q = await quantize(net, { scheme: 'int4', unsupported: 'float' });
    expect(q.report().layers.map(({ scheme }) => scheme)).toEqual(['float', 'int4', 'float']);
    // In float the numbers of columns count too.
    const all = await quantize(net, { activations: 'dynamic' });
    expect(q.report().layers[0]!.bytes).toBe(all.report().layers[0]!.floatBytes);
    all.dispose();
    q.dispose();
    await expect(quantize(net, { activations: 'float' })).rejects.toThrow(/activations: 'dynamic'/);
    await expect(quantize(net)).rejects.toThrow(/calibrate is missing/);
    const divided = sparseLinear(4, 4, 'linear', 8, {});
    await expect(quantize(divided, { activations: 'dynamic' })).rejects.toThrow(/layer 0 \(sparseLinear\) can't be quantized/);
    for (const own of [net, divided]) own.dispose();
  });
});

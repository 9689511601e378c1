import { dense, flatten, random, sequential } from '@x/tensor';
import type { Tensor } from '@tensorflow/tfjs-core';
import { quantize, type QuantizedNetwork } from '../../src/index.ts';

/** Networks whose ONNX models the reference evaluator ran, and their input. */
export async function onnxNetworks(): Promise<{ networks: Record<string, QuantizedNetwork>; x: Tensor }> {
  const keys = random.split(random.key(1), 3);
  const x = random.normal(random.key(3), [5, 4, 8]);
  const samples = random.normal(random.key(2), [64, 4, 8]);
  const net = sequential([
    flatten(),
    dense(32, 48, { activation: 'relu', key: keys[0], biasInit: (shape, key) => random.normal(key, shape) }),
    dense(48, 24, { activation: 'silu', key: keys[1] }),
    dense(24, 5, { key: keys[2], bias: false }),
  ]);
  const networks = {
    int8: await quantize(net, { calibrate: samples }),
    asymmetric: await quantize(net, { calibrate: samples, weights: { integers: 'asymmetric', granularity: 'tensor' } }),
    smooth: await quantize(net, { calibrate: samples, smooth: 0.5, layers: { '3': 'float' } }),
    groups: await quantize(net, { scheme: 'int4', activations: 'float', weights: { groupSize: 8, integers: 'asymmetric' } }),
  };
  net.dispose();
  samples.dispose();
  return { networks, x };
}

/**
 * A layer forward and both ways back, sparse beside dense, on this machine: interleaved, best of each, as ratios.
 *
 *   pnpm --filter @x/sparse reproduce:speed [seconds a shape]
 *
 * Aimed at, for 1024 x 1024 and a batch of 128: 4 times faster than dense at 10 %, 7 times at 5 %, 14 times at 2 %.
 */
import * as tf from '@tensorflow/tfjs-core';
import { dense, enable, random, type Layer } from '@x/tensor';
import { sparseLinear } from '../src/index.ts';

const BATCH = 128;
const shapes = [
  [1024, 1024],
  [784, 1000],
  [4096, 1024],
  [256, 256],
] as const;
const densities = [0.5, 0.35, 0.25, 0.1, 0.05, 0.02];
const seconds = Number(process.argv[2] ?? 4);
const runtime = await enable();
await runtime.load('sparse');
console.log(`${runtime.tier}, ${runtime.threads} threads, batch ${BATCH}; times faster than dense, forward and both gradients`);

for (const [inputs, units] of shapes) {
  const key = random.key(0);
  const layers: [name: string, layer: Layer][] = [
    ['dense', dense(inputs, units, { key, activation: 'relu' })],
    ...densities.map((density): [string, Layer] => [
      `${100 * density} %`,
      sparseLinear(inputs, units, { density, key, activation: 'relu' }),
    ]),
  ];
  const x = tf.variable(random.normal(key, [BATCH, inputs]));
  const weight = random.normal(key, [BATCH, units]);
  const pass = (layer: Layer): void => {
    const { value, grads } = tf.variableGrads(() => tf.sum(tf.mul(layer.apply(x), weight)), [x, ...Object.values(layer.variables)]);
    tf.dispose([value, ...Object.values(grads)]);
  };
  const best = new Map(layers.map(([name]) => [name, Infinity]));
  for (const [, layer] of layers) for (let i = 0; i < 5; i++) pass(layer);
  for (const until = performance.now() + 1000 * seconds; performance.now() < until;) {
    for (const [name, layer] of layers) {
      const began = performance.now();
      pass(layer);
      best.set(name, Math.min(best.get(name)!, performance.now() - began));
    }
  }
  const ratios = densities.map((density) => best.get('dense')! / best.get(`${100 * density} %`)!);
  console.log(
    `${inputs} x ${units}: ${densities.map((density, i) => `${100 * density} % ${ratios[i]!.toFixed(2)}`).join(', ')}; break-even at ${breakEven(ratios)}`,
  );
  tf.dispose([x, weight]);
  for (const [, layer] of layers) layer.dispose();
}
process.exit(0);

/** The density at which a ratio of 1 lies between two that were measured. */
function breakEven(ratios: readonly number[]): string {
  const after = ratios.findIndex((ratio) => ratio >= 1);
  if (after === 0) return `${100 * densities[0]!} % or more`;
  if (after < 0) return `less than ${100 * densities.at(-1)!} %`;
  const [d0, d1, r0, r1] = [densities[after - 1]!, densities[after]!, ratios[after - 1]!, ratios[after]!];
  return `about ${(100 * (d0 + ((d1 - d0) * (1 - r0)) / (r1 - r0))).toFixed(0)} %`;
}

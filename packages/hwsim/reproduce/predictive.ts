// Measured tables against fitted models: node --conditions=@x/source reproduce/predictive.ts
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { weightRooflineBound } from '../src/index.ts';
import { outcomes } from './measurements.ts';

for (const { what, rows, parameters, fitted, heldOut } of outcomes())
  console.log(
    `${what}: ${rows} rows, ${Object.keys(parameters).length} parameters; mean error ${(100 * fitted).toFixed(2)} % on the fitted rows, ${(100 * heldOut).toFixed(2)} % held out (5 folds)\n  ${Object.entries(
      parameters,
    )
      .map(([name, value]) => `${name} ${value.toPrecision(4)}`)
      .join(', ')}`,
  );

const tpu = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'test', 'excerpts', 'tpuv1.json'), 'utf8')) as {
  apps: string[];
  ops_per_weight_byte: number[];
  table3: { tops: number[] };
};
console.log(
  'TPUv1 applications: roofline bound against measured Tops (no fitted parameter; the paper’s own model knows the layers and errs by 8 % on average)',
);
const errors = tpu.apps.map((app, i) => {
  const bound = weightRooflineBound({ macsPerWeightByte: tpu.ops_per_weight_byte[i]!, peak: 91.75e12, bandwidth: 34e9 }) / 1e12;
  console.log(`  ${app}: bound ${bound.toFixed(2)}, measured ${tpu.table3.tops[i]}`);
  return Math.abs(bound - tpu.table3.tops[i]!) / tpu.table3.tops[i]!;
});
console.log(`  mean error ${((100 * errors.reduce((a, b) => a + b, 0)) / errors.length).toFixed(1)} %`);

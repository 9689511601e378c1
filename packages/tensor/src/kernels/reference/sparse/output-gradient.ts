import type { GemmActivation } from '../../product.ts';

/** dz = dy · activation'(z) told from y = activation(z), all [batch, features], and dz's sum over the batch: the truth for f32-sparse-output-gradient. */
export function referenceOutputGradient(
  dy: Float32Array,
  y: Float32Array,
  batch: number,
  features: number,
  activation: GemmActivation,
  slope: number,
): { readonly dz: Float32Array; readonly bias: Float32Array } {
  const dz = dy.map((value, i) => {
    const factor = slopeAt(y[i] as number, activation, Math.fround(slope));
    return factor === 0 ? 0 : value * factor;
  });
  const bias = new Float32Array(features);
  for (let feature = 0; feature < features; feature++) {
    let sum = 0;
    for (let example = 0; example < batch; example++) sum += dz[example * features + feature] as number;
    bias[feature] = sum;
  }
  return { dz, bias };
}

/** The slope of an activation where its value is y; at a corner that below it. */
function slopeAt(y: number, activation: GemmActivation, slope: number): number {
  if (activation === 'linear') return 1;
  if (activation === 'leakyrelu') return y > 0 ? 1 : slope;
  return y > 0 && (activation === 'relu' || y < 6) ? 1 : 0;
}

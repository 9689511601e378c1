import * as tf from '@tensorflow/tfjs-core';
import { describeInput, floats, py, type Family } from '../program.ts';

const side = (draw: Parameters<Family>[0]): number =>
  draw.chance(0.03) ? 0 : draw.chance(0.15) ? 1 : draw.whole(1, draw.of([5, 20, 70, 300]));

export const matMul: Family = (draw) => {
  const [m, k, n] = [side(draw), side(draw), side(draw)];
  const batch = draw.chance(0.4) ? [draw.whole(1, 3)] : draw.chance(0.2) ? [draw.whole(1, 3), draw.whole(1, 3)] : [];
  const single = batch.map(() => 1);
  const [left, right] = draw.of([
    [batch, batch],
    [batch, single],
    [single, batch],
  ] as const);
  const [transposeA, transposeB] = [draw.chance(0.5), draw.chance(0.5)];
  const inputs = [floats(draw, [...left, ...(transposeA ? [k, m] : [m, k])]), floats(draw, [...right, ...(transposeB ? [n, k] : [k, n])])];
  const t = (index: number, flipped: boolean): string => (flipped ? `x[${index}].transpose(-1, -2)` : `x[${index}]`);
  return {
    text: `matMul(${inputs.map(describeInput).join(', ')}, ${transposeA}, ${transposeB})`,
    inputs,
    run: ([a, b]) => tf.matMul(a!, b!, transposeA, transposeB),
    torch: `torch.matmul(${t(0, transposeA)}, ${t(1, transposeB)})`,
    gradient: true,
  };
};

const activations = { linear: '{}', relu: 'torch.relu({})', relu6: 'F.relu6({})', elu: 'F.elu({})', sigmoid: 'torch.sigmoid({})' } as const;
export type FusedActivation = keyof typeof activations;
export const fusedActivations: readonly FusedActivation[] = Object.keys(activations) as FusedActivation[];
export const activated = (name: FusedActivation, inner: string): string => activations[name].replace('{}', inner);

export const fusedMatMul: Family = (draw) => {
  const [m, k, n] = [draw.whole(1, 30), draw.whole(1, 70), draw.whole(1, 60)];
  const activation = draw.of(fusedActivations);
  const [transposeA, transposeB] = [draw.chance(0.5), draw.chance(0.5)];
  const inputs = [floats(draw, transposeA ? [k, m] : [m, k]), floats(draw, transposeB ? [n, k] : [k, n]), floats(draw, [n])];
  return {
    text: `fused.matMul(${inputs.map(describeInput).join(', ')}, ${transposeA}, ${transposeB}, ${activation})`,
    inputs,
    run: ([a, b, bias]) => tf.fused.matMul({ a: a!, b: b!, transposeA, transposeB, bias: bias!, activation }),
    torch: activated(activation, `(${transposeA ? 'x[0].T' : 'x[0]'} @ ${transposeB ? 'x[1].T' : 'x[1]'} + x[2])`),
    gradient: true,
  };
};

const equations: readonly (readonly [string, string[]])[] = [
  ['ij,jk->ik', ['ij', 'jk']],
  ['bij,bjk->bik', ['bij', 'bjk']],
  ['bhqd,bhkd->bhqk', ['bhqd', 'bhkd']],
  ['ij,ij->', ['ij', 'ij']],
  ['ijk->kji', ['ijk']],
  ['ij->j', ['ij']],
  ['i,j->ij', ['i', 'j']],
  ['bij,jk->bki', ['bij', 'jk']],
];

export const einsum: Family = (draw) => {
  const [equation, operands] = draw.of(equations);
  const sizes = Object.fromEntries([...new Set(operands.join(''))].map((letter) => [letter, draw.whole(1, 7)]));
  const inputs = operands.map((letters) =>
    floats(
      draw,
      [...letters].map((letter) => sizes[letter]!),
    ),
  );
  return {
    text: `einsum('${equation}', ${inputs.map(describeInput).join(', ')})`,
    inputs,
    run: (all) => tf.einsum(equation, ...all),
    torch: `torch.einsum(${py(equation)}, *x)`,
    gradient: true,
  };
};

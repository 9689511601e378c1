import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { refuse, type Operators } from '../operator.ts';

export const products: Operators = {
  // tfjs's einsum knows no ellipsis, and no letter twice in an operand.
  Einsum: (inputs, a) => {
    const equation = expandEllipsis(a.text('equation', ''), inputs as Tensor[]);
    if (/([a-zA-Z])[a-zA-Z]*\1[^>]*->/.test(equation.split(',').join(' '))) return refuse('einsum of a diagonal');
    return tf.einsum(equation, ...(inputs as Tensor[]));
  },
  Gemm: ([x, y, c], a) => {
    const product = tf.matMul(x as tf.Tensor2D, y as tf.Tensor2D, a.number('transA', 0) !== 0, a.number('transB', 0) !== 0);
    const scaled = tf.mul(product, a.number('alpha', 1));
    return c ? tf.add(scaled, tf.mul(c, a.number('beta', 1))) : scaled;
  },
  MatMul: ([x, y]) => {
    const [left, right] = [x!.rank === 1 ? tf.expandDims(x!, 0) : x!, y!.rank === 1 ? tf.expandDims(y!, 1) : y!];
    const out = tf.matMul(left, right);
    const unneeded = [...(x!.rank === 1 ? [out.rank - 2] : []), ...(y!.rank === 1 ? [out.rank - 1] : [])];
    return unneeded.length > 0 ? tf.squeeze(out, unneeded) : out;
  },
};

function expandEllipsis(equation: string, inputs: readonly Tensor[]): string {
  const compact = equation.replaceAll(' ', '');
  const [left, right] = compact.split('->') as [string, string | undefined];
  const operands = left.split(',');
  const letters = [...'ZYXWVU'].filter((letter) => !compact.includes(letter));
  const hidden = Math.max(...operands.map((operand, i) => (operand.includes('...') ? inputs[i]!.rank - operand.length + 3 : 0)));
  const stands = letters.slice(0, hidden).join('');
  // Without an arrow: what the ellipsis stands for, then the letters that occur once, in order.
  const once = [...left.replaceAll(/[^a-zA-Z]/g, '')].filter((letter, _, all) => all.filter((each) => each === letter).length === 1).sort();
  return `${left.replaceAll('...', stands)}->${(right ?? `${left.includes('...') ? '...' : ''}${once.join('')}`).replaceAll('...', stands)}`;
}

import type { Attention } from '../attention.ts';

type Sizes = Pick<Attention, 'heads' | 'queries' | 'keys' | 'depth' | 'valueDepth' | 'scale' | 'causal'>;

/** Results in double precision, the gradients those for `dout`. */
export interface ReferenceAttention {
  readonly out: Float64Array;
  readonly logSums: Float64Array;
  readonly dq: Float64Array;
  readonly dk: Float64Array;
  readonly dv: Float64Array;
}

/**
 * Attention and its gradients; `mask` gives what is added to the score of a head's query and key, `kept` what dropout multiplies
 * its probability by.
 */
export function referenceAttention(
  { heads, queries, keys, depth, valueDepth, scale, causal }: Sizes,
  q: ArrayLike<number>,
  k: ArrayLike<number>,
  v: ArrayLike<number>,
  dout: ArrayLike<number>,
  mask: (head: number, query: number, key: number) => number = () => 0,
  kept: (head: number, query: number, key: number) => number = () => 1,
): ReferenceAttention {
  const result = {
    out: new Float64Array(heads * queries * valueDepth),
    logSums: new Float64Array(heads * queries),
    dq: new Float64Array(heads * queries * depth),
    dk: new Float64Array(heads * keys * depth),
    dv: new Float64Array(heads * keys * valueDepth),
  };
  const dot = (x: ArrayLike<number>, i: number, y: ArrayLike<number>, j: number, n: number): number => {
    let sum = 0;
    for (let at = 0; at < n; at++) sum += (x[i * n + at] as number) * (y[j * n + at] as number);
    return sum;
  };
  const add = (to: Float64Array, i: number, x: ArrayLike<number>, j: number, n: number, by: number): void => {
    for (let at = 0; at < n; at++) to[i * n + at] = (to[i * n + at] as number) + by * (x[j * n + at] as number);
  };
  for (let head = 0; head < heads; head++) {
    for (let query = 0; query < queries; query++) {
      const i = head * queries + query;
      const scores = Array.from({ length: keys }, (_, key) => {
        const added = causal && key > query ? -Infinity : mask(head, query, key);
        return added === -Infinity ? added : scale * dot(q, i, k, head * keys + key, depth) + added;
      });
      const most = scores.reduce((a, b) => Math.max(a, b), -Infinity);
      if (most === -Infinity) continue;
      const exponentials = scores.map((score) => Math.exp(score - most));
      const sum = exponentials.reduce((a, b) => a + b, 0);
      result.logSums[i] = most + Math.log(sum);
      const p = exponentials.map((value) => value / sum);
      p.forEach((value, key) => add(result.out, i, v, head * keys + key, valueDepth, value * kept(head, query, key)));
      const delta = dot(dout, i, result.out, i, valueDepth);
      p.forEach((value, key) => {
        const j = head * keys + key;
        const factor = kept(head, query, key);
        const ds = scale * value * (factor * dot(dout, i, v, j, valueDepth) - delta);
        add(result.dv, j, dout, i, valueDepth, factor * value);
        add(result.dk, j, q, i, depth, ds);
        add(result.dq, i, k, j, depth, ds);
      });
    }
  }
  return result;
}

import { compare, type Comparison } from '@x-tooling/bench';
import { enable } from '../src/index.ts';
import { reading } from './limits.ts';
import { product } from './product.ts';
import '@tensorflow/tfjs-backend-wasm';

/** Small products beside tfjs, and matrix-vector products beside what memory can feed. */
export async function small(): Promise<Comparison[]> {
  const { threads } = await enable();
  const comparisons: Comparison[] = [];
  for (const [m, k, n] of [
    [64, 64, 64],
    [128, 784, 10],
  ] as const) {
    comparisons.push(
      await compare({
        name: `f32 matmul ${m}x${k}x${n}`,
        candidates: {
          'tfjs wasm': product(m, k, n, { backend: 'wasm' }),
          'x, one thread': product(m, k, n, { alone: true }),
          x: product(m, k, n),
        },
        flops: 2 * m * k * n,
      }),
    );
  }
  const size = 2048;
  comparisons.push(
    await compare({
      name: `f32 matrix-vector ${size}², one thread`,
      candidates: {
        'reading W': reading(4 * size * size, { alone: true }),
        W·x: product(size, size, 1, { alone: true }),
        Wᵀ·x: product(size, size, 1, { transposeA: true, alone: true }),
        xᵀ·W: product(1, size, size, { alone: true }),
        xᵀ·Wᵀ: product(1, size, size, { transposeB: true, alone: true }),
        'tfjs wasm W·x': product(size, size, 1, { backend: 'wasm' }),
      },
      bytes: 4 * size * size,
    }),
    await compare({
      name: `f32 matrix-vector ${size}², ${threads} threads`,
      candidates: {
        'reading W': reading(4 * size * size),
        'W·x, one thread': product(size, size, 1, { alone: true }),
        W·x: product(size, size, 1),
        xᵀ·W: product(1, size, size),
      },
      bytes: 4 * size * size,
    }),
  );
  return comparisons;
}

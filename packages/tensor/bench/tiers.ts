import { compare, type Comparison } from '@x-tooling/bench';
import { disable, enable } from '../src/index.ts';
import { peak } from './limits.ts';
import { product } from './product.ts';

/** The two portable tiers against what 128-bit vectors can do, one thread. */
export async function tierProducts(): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const tier of ['relaxed', 'simd'] as const) {
    await disable();
    await enable({ tier, threads: 1 });
    for (const size of [512, 1024]) {
      comparisons.push(
        await compare({
          name: `f32 matmul ${size}³, one thread, tier ${tier}`,
          candidates: {
            'the silicon, 128 bits': peak(2 * size ** 3),
            A·B: product(size, size, size),
            A·Bᵀ: product(size, size, size, { transposeB: true }),
            Aᵀ·B: product(size, size, size, { transposeA: true }),
            Aᵀ·Bᵀ: product(size, size, size, { transposeA: true, transposeB: true }),
          },
          flops: 2 * size ** 3,
        }),
      );
    }
  }
  await disable();
  return comparisons;
}

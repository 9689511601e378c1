import { compare, type Comparison } from '@x-tooling/bench';
import { enable } from '../src/index.ts';
import { peak } from './limits.ts';
import { product } from './product.ts';
import { startTorch } from './torch.ts';
import '@tensorflow/tfjs-backend-wasm';

/** Large products: every transposition on one thread, then two threads against one, beside tfjs and PyTorch. */
export async function matmul(): Promise<Comparison[]> {
  const { threads } = await enable();
  const comparisons: Comparison[] = [];
  for (const size of [512, 1024]) {
    const flops = 2 * size ** 3;
    const one = { alone: true };
    const torch = await startTorch(1);
    const rows = await compare({
      name: `f32 matmul ${size}³, one thread`,
      candidates: {
        'the silicon': peak(flops, one),
        A·B: product(size, size, size, one),
        A·Bᵀ: product(size, size, size, { ...one, transposeB: true }),
        Aᵀ·B: product(size, size, size, { ...one, transposeA: true }),
        Aᵀ·Bᵀ: product(size, size, size, { ...one, transposeA: true, transposeB: true }),
        ...(torch ? { 'PyTorch A·B': () => torch.matmul(size) } : {}),
        'tfjs wasm A·B': product(size, size, size, { backend: 'wasm' }),
        ...(size === 512 ? { 'tfjs wasm A·Bᵀ': product(size, size, size, { backend: 'wasm', transposeB: true }) } : {}),
      },
      flops,
      seconds: 2,
    });
    torch?.stop();
    const all = await startTorch(threads);
    const both = await compare({
      name: `f32 matmul ${size}³, ${threads} threads`,
      candidates: {
        'one thread': product(size, size, size, one),
        [`${threads} threads`]: product(size, size, size),
        [`the silicon, ${threads} threads`]: peak(flops),
        ...(all ? { [`PyTorch, ${threads} threads`]: () => all.matmul(size) } : {}),
      },
      flops,
      seconds: 2,
    });
    all?.stop();
    comparisons.push(rows, both);
  }
  return comparisons;
}

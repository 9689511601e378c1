import type { Kernels } from '../../runtime/kernels.ts';
import type { Adam8Numbers } from '../reference/quant/adam8.ts';
import { ELEMENT_PART, MOST_MEAN, MOST_SQUARE, STEP_PART } from '../reference/quant/adam8-float.ts';
import { codeLines } from './code-lines.ts';
import { dynamicCodes } from './dynamic-map.ts';

/** Addresses of a parameter of `count` elements, its gradient and its state. */
export interface Adam8 extends Adam8Numbers {
  readonly value: number;
  readonly gradient: number;
  /** A byte an element. */
  readonly m: number;
  readonly v: number;
  /** f32 a block. */
  readonly mScales: number;
  readonly vScales: number;
  readonly count: number;
}

interface Maps {
  readonly signed: number;
  readonly unsigned: number;
}

/** The maps lie in the heap for as long as it lives. */
const placed = new WeakMap<Kernels, Maps>();

function mapsOf(kernels: Kernels): Maps {
  const place = (signed: boolean): number => {
    const { slope, first, added, top } = codeLines(signed);
    const map = new Float32Array([...dynamicCodes(signed), 0, 0, slope, first, ...added, top]);
    new Uint32Array(map.buffer).set(signed ? [0x7fffffff, 0] : [0xffffffff, 128], 256);
    const at = kernels.heap.allocate(map.byteLength);
    kernels.heap.bytes.set(new Uint8Array(map.buffer), at);
    return at;
  };
  let maps = placed.get(kernels);
  if (!maps) {
    maps = { signed: place(true), unsigned: place(false) };
    placed.set(kernels, maps);
  }
  return maps;
}

export function adam8(kernels: Kernels, step: Adam8): void {
  const { learningRate, beta1, beta2, block, count } = step;
  const { threads } = kernels;
  const { words, floats } = threads;
  const p = threads.parameters();
  words[p] = step.value;
  words[p + 1] = step.gradient;
  words[p + 2] = step.m;
  words[p + 3] = step.v;
  words[p + 4] = step.mScales;
  words[p + 5] = step.vScales;
  words[p + 6] = count;
  words[p + 7] = block;
  const rate = learningRate / (1 - beta1 ** step.step);
  const root = Math.sqrt(1 - beta2 ** step.step);
  floats[p + 10] = rate;
  floats[p + 11] = 1 / root;
  floats[p + 12] = 1 - learningRate * step.weightDecay;
  floats[p + 13] = beta1;
  floats[p + 14] = 1 - beta1;
  floats[p + 15] = beta2;
  floats[p + 16] = 1 - beta2;
  floats[p + 17] = step.epsilon;
  const dynamic = step.code === 'dynamic';
  if (!dynamic) {
    words[p + 8] = Math.imul(step.step, STEP_PART);
    words[p + 9] = ELEMENT_PART;
    // Both sides of the quotient times the correction, which saves a product.
    floats[p + 10] = rate * root;
    floats[p + 17] = step.epsilon * root;
    floats[p + 18] = MOST_MEAN;
    floats[p + 19] = MOST_SQUARE;
  } else {
    const { signed, unsigned } = mapsOf(kernels);
    words[p + 8] = signed;
    words[p + 9] = unsigned;
  }
  threads.run(kernels.number(dynamic ? 'f32_adam8' : 'f32_adam8_float'), Math.ceil(count / block), Math.max(1, Math.ceil(4096 / block)));
}

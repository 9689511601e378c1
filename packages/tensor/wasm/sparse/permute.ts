/** f32-gather: values of a sparse matrix's rows in the order of its columns; f32-add-parts: the sum of such values. */
import { gatherValues } from './gather-values';

// Parameters, as words.
const PERMUTATION: usize = 0;
const FROM: usize = 4;
const TO: usize = 8;
const COUNT: usize = 12;
/** Arrays of COUNT values at FROM. */
const PARTS: usize = 16;

/** Values of a work item. */
const ITEM: i32 = 4096;

/** to[i] = from[permutation[i]]. Work items: ITEM values. */
export function f32_gather(p: usize, begin: i32, end: i32, scratch: usize): void {
  const first = <usize>(begin * ITEM) << 2;
  const at = load<u32>(p, PERMUTATION) + first;
  const past = load<u32>(p, PERMUTATION) + (<usize>min(end * ITEM, load<i32>(p, COUNT)) << 2);
  gatherValues(at, past, load<u32>(p, FROM), load<u32>(p, TO) + first);
}

/** to[i] += the sum over parts of part[i]. Work items: ITEM values. */
export function f32_add_parts(p: usize, begin: i32, end: i32, scratch: usize): void {
  const count = load<i32>(p, COUNT);
  const parts = load<i32>(p, PARTS);
  const stride = <usize>count << 2;
  const first = <usize>(begin * ITEM) << 2;
  const past = load<u32>(p, TO) + (<usize>min(end * ITEM, count) << 2);
  let to = load<u32>(p, TO) + first;
  let from = load<u32>(p, FROM) + first;
  for (; to + 32 <= past; to += 32) {
    let v0 = v128.load(to);
    let v1 = v128.load(to, 16);
    for (let part = 0; part < parts; part++) {
      v0 = f32x4.add(v0, v128.load(from + <usize>part * stride));
      v1 = f32x4.add(v1, v128.load(from + <usize>part * stride, 16));
    }
    v128.store(to, v0);
    v128.store(to, v1, 16);
    from += 32;
  }
  for (; to < past; to += 4) {
    let v = load<f32>(to);
    for (let part = 0; part < parts; part++) v += load<f32>(from + <usize>part * stride);
    store<f32>(to, v);
    from += 4;
  }
}

import { random, type Key } from '@x/tensor';

/** A matrix's positions row by row, as far as drawing needs them: `has` says whether one is taken. */
export interface Taken {
  readonly size: number;
  readonly count: number;
  has(position: number): boolean;
}

/**
 * `count` different positions that are not taken, every set of them as likely as any other, in rising order.
 *
 * In time and memory of `count` while at most half of the free positions are wanted: positions are drawn, sorted, and
 * those that are taken or repeated drawn again.
 */
export function drawAbsent(taken: Taken, count: number, key: Key): Float64Array {
  const free = taken.size - taken.count;
  if (count > free) throw new RangeError(`internal: ${count} of ${free} free positions wanted`);
  if (count > free / 2) return chooseAbsent(taken, free, count, key);
  let drawn = new Float64Array(0);
  for (let round = 0; drawn.length < count; round++) {
    const missing = count - drawn.length;
    const words = random.bits(random.fold(key, round), 2 * missing);
    const all = new Float64Array(count);
    all.set(drawn);
    for (let i = 0; i < missing; i++) {
      const part = ((words[2 * i]! >>> 5) * 2 ** 26 + (words[2 * i + 1]! >>> 6)) / 2 ** 53;
      all[drawn.length + i] = Math.floor(part * taken.size);
    }
    all.sort();
    let kept = 0;
    for (let i = 0; i < all.length; i++) if ((i === 0 || all[i] !== all[i - 1]) && !taken.has(all[i]!)) all[kept++] = all[i]!;
    drawn = all.slice(0, kept);
  }
  return drawn;
}

/** Where most of the free positions are wanted, they are listed and shuffled. */
function chooseAbsent(taken: Taken, free: number, count: number, key: Key): Float64Array {
  const list = new Float64Array(free);
  for (let position = 0, i = 0; i < free; position++) if (!taken.has(position)) list[i++] = position;
  if (count === free) return list;
  const order = random.permutation(key, free);
  return Float64Array.from(order.subarray(0, count), (index) => list[index]!).sort();
}

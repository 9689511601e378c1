/**
 * Events in time order; those of the same time in the order they were put in, so that a simulation is the same every time.
 * Times are whole numbers (nanoseconds, cycles). Memory grows with the events waiting, not with those done.
 */
export interface EventQueue<T> {
  /** Time of the event taken last. */
  readonly now: number;
  /** Events waiting. */
  readonly size: number;
  /** Puts an event at `time`, which must be whole and not before `now`. */
  readonly put: (time: number, event: T) => void;
  /** Takes the next event, or undefined when none waits. */
  readonly take: () => T | undefined;
}

/**
 * An empty queue: a four-way heap over typed arrays.
 *
 * @example const queue = eventQueue<string>(); queue.put(5, 'b'); queue.put(3, 'a'); queue.take() // 'a', and queue.now is 3
 */
export function eventQueue<T>(): EventQueue<T> {
  let capacity = 64;
  let times = new Float64Array(capacity);
  let sequences = new Float64Array(capacity);
  let slots = new Int32Array(capacity);
  // Events stay in their slot while the heap moves numbers.
  const events: (T | undefined)[] = [];
  const freeSlots: number[] = [];
  let size = 0;
  let sequence = 0;
  let now = 0;
  const grow = (): void => {
    capacity *= 2;
    const [t, s, x] = [times, sequences, slots];
    times = new Float64Array(capacity);
    sequences = new Float64Array(capacity);
    slots = new Int32Array(capacity);
    times.set(t);
    sequences.set(s);
    slots.set(x);
  };
  const put = (time: number, event: T): void => {
    if (!(time >= now) || !Number.isSafeInteger(time))
      throw new RangeError(`time is ${time}, expected a whole number of at least the present ${now}`);
    if (size === capacity) grow();
    const slot = freeSlots.length > 0 ? freeSlots.pop()! : events.length;
    events[slot] = event;
    const order = sequence++;
    let i = size++;
    while (i > 0) {
      const parent = (i - 1) >> 2;
      // Later in sequence, so only an earlier time goes above.
      if (times[parent]! <= time) break;
      times[i] = times[parent]!;
      sequences[i] = sequences[parent]!;
      slots[i] = slots[parent]!;
      i = parent;
    }
    times[i] = time;
    sequences[i] = order;
    slots[i] = slot;
  };
  const take = (): T | undefined => {
    if (size === 0) return undefined;
    now = times[0]!;
    const slot = slots[0]!;
    const event = events[slot];
    events[slot] = undefined;
    freeSlots.push(slot);
    size--;
    const time = times[size]!;
    const order = sequences[size]!;
    const moved = slots[size]!;
    let i = 0;
    for (;;) {
      const first = 4 * i + 1;
      if (first >= size) break;
      let least = first;
      const end = Math.min(first + 4, size);
      for (let child = first + 1; child < end; child++)
        if (times[child]! < times[least]! || (times[child] === times[least] && sequences[child]! < sequences[least]!)) least = child;
      if (times[least]! > time || (times[least] === time && sequences[least]! > order)) break;
      times[i] = times[least]!;
      sequences[i] = sequences[least]!;
      slots[i] = slots[least]!;
      i = least;
    }
    times[i] = time;
    sequences[i] = order;
    slots[i] = moved;
    return event;
  };
  return {
    get now() {
      return now;
    },
    get size() {
      return size;
    },
    put,
    take,
  };
}

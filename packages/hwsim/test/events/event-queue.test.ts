import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventQueue } from '../../src/index.ts';

describe('eventQueue', () => {
  it('gives events by time, and in the order they came when times are equal', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 300 }), (times) => {
        const queue = eventQueue<number>();
        times.forEach((time, i) => queue.put(time, i));
        const taken: number[] = [];
        while (queue.size > 0) taken.push(queue.take()!);
        expect(taken).toEqual(
          times
            .map((time, i) => ({ time, i }))
            .sort((a, b) => a.time - b.time || a.i - b.i)
            .map(({ i }) => i),
        );
      }),
    );
  });
  it('keeps order while events are put between others', () => {
    const queue = eventQueue<number>();
    let last = -1;
    for (let i = 0; i < 100; i++) queue.put((i * 7919) % 101, i);
    for (let n = 0; n < 10_000; n++) {
      const event = queue.take()!;
      expect(queue.now).toBeGreaterThanOrEqual(last);
      last = queue.now;
      queue.put(queue.now + ((event * 31 + n) % 17), event);
    }
    expect(queue.size).toBe(100);
  });
  it('refuses the past and fractions', () => {
    const queue = eventQueue<number>();
    queue.put(5, 0);
    queue.take();
    expect(() => queue.put(4, 0)).toThrow('time is 4, expected a whole number of at least the present 5');
    expect(() => queue.put(5.5, 0)).toThrow('whole number');
    expect(queue.take()).toBeUndefined();
  });
});

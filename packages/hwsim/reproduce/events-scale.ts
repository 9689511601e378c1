// Events a second, memory and linearity: node --conditions=@x/source reproduce/events-scale.ts [most, default 1e7]
import { eventQueue } from '../src/index.ts';

const most = Number(process.argv[2] ?? 1e7);
for (let total = 1e5; total <= most; total *= 10) {
  const queue = eventQueue<number>();
  const live = 1000;
  // Each event puts its follower a pseudo-random while later: the usual hold model.
  let random = 12345;
  for (let i = 0; i < live; i++) queue.put(i, i);
  const start = performance.now();
  for (let n = 0; n < total; n++) {
    const who = queue.take()!;
    random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
    queue.put(queue.now + 1 + (random >>> 20), who);
  }
  const seconds = (performance.now() - start) / 1000;
  console.log(
    `${total.toExponential(0)} events, ${live} live: ${seconds.toFixed(2)} s, ${(total / seconds / 1e6).toFixed(2)} million a second, heap ${(process.memoryUsage().heapUsed / 2 ** 20).toFixed(0)} MiB`,
  );
}

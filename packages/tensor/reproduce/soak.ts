/**
 * Trains for thousands of steps and watches memory: tensors, bytes of tensors and the heap must not grow.
 *
 *   node --conditions=@x/source --expose-gc reproduce/soak.ts [--steps 10000] [--threads n]
 */
import { parseArgs } from 'node:util';
import { enable } from '../src/index.ts';
import { soak } from './soaking.ts';

const { values } = parseArgs({ options: { steps: { type: 'string', default: '10000' }, threads: { type: 'string' } } });
const steps = Number(values.steps);
const runtime = await enable(values.threads ? { threads: Number(values.threads) } : {});
console.log(`${steps} steps, backend x, tier ${runtime.tier}, ${runtime.threads} threads, Node ${process.versions.node}`);
const every = Math.max(1, Math.floor(steps / 10));
const result = soak(steps, runtime, {
  every,
  onSample: ({ step, tensors, bytes, heap, javaScript, loss }) =>
    console.log(
      `step ${String(step).padStart(6)}  ${tensors} tensors  ${bytes} bytes  heap ${heap}  JavaScript ${(javaScript / 2 ** 20).toFixed(1)} MiB  loss ${loss.toFixed(4)}`,
    ),
});
console.log(result.constant ? 'memory is constant' : 'memory GREW');
process.exitCode = result.constant ? 0 : 1;

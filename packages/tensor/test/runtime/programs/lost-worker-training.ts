/** Loses a worker in the middle of training, starts again, goes on from the last checkpoint, and reports both runs' losses. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  dense,
  disable,
  disposeState,
  enable,
  fit,
  loadCheckpoint,
  random,
  saveCheckpoint,
  sequential,
  sgd,
  trainable,
  WorkerLostError,
  type FitPosition,
  type Layer,
} from '@x/tensor';

type WorkerThreads = typeof import('node:worker_threads');
const threads = process.getBuiltinModule('node:worker_threads') as { -readonly [K in keyof WorkerThreads]: WorkerThreads[K] };
const workers: InstanceType<WorkerThreads['Worker']>[] = [];
const { Worker } = threads;
threads.Worker = class extends Worker {
  constructor(source: string | URL, options?: import('node:worker_threads').WorkerOptions) {
    super(source, options);
    workers.push(this);
  }
};

const folder = await mkdtemp(join(tmpdir(), 'lost-'));
const path = join(folder, 'run.safetensors');
const x = Float32Array.from({ length: 2000 * 32 }, (_, i) => Math.sin(i));
const y = Int32Array.from({ length: 2000 }, (_, i) => i % 4);
const makeNet = (): Layer =>
  sequential([dense(32, 256, { activation: 'relu', key: random.key(1) }), dense(256, 4, { key: random.key(2) })]);

/** Trains, from a checkpoint if one is given, and kills a worker after a step. */
async function train(from: 'start' | 'checkpoint', loseAfter: number): Promise<{ losses: number[]; error: string | undefined }> {
  await enable({ threads: 2 });
  const net = makeNet();
  const optimizer = sgd({ momentum: 0.9 });
  const state = optimizer.init(trainable(net));
  let position: FitPosition | undefined;
  if (from === 'checkpoint') ({ position } = await loadCheckpoint(path, { variables: net.variables, state }));
  const losses: number[] = [];
  try {
    const data = { x, y, shape: [32] };
    for await (const event of fit(net, data, { optimizer, state, batchSize: 100, epochs: 2, ...(position ? { from: position } : {}) })) {
      if (event.type !== 'step') continue;
      losses[event.step] = event.loss;
      if (event.step % 5 === 0) await saveCheckpoint(path, { variables: net.variables, state, position: event.position });
      if (event.step === loseAfter) await workers.at(-1)?.terminate();
    }
    net.dispose();
    disposeState(state);
    return { losses, error: undefined };
  } catch (error) {
    return { losses, error: error instanceof WorkerLostError ? error.name : String(error) };
  } finally {
    await disable();
  }
}

const whole = await train('start', Infinity);
const lost = await train('start', 17);
const resumed = await train('checkpoint', Infinity);
await rm(folder, { recursive: true });
const rest = whole.losses.flatMap((loss, step) => (step > 15 ? [[step, loss]] : []));
console.log(
  JSON.stringify({
    error: lost.error,
    until: lost.losses.length - 1,
    steps: rest.length,
    same: JSON.stringify(resumed.losses.flatMap((loss, step) => [[step, loss]])) === JSON.stringify(rest),
  }),
);

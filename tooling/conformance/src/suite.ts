/**
 * The program that runs the suite, in a process of its own. It tells its parent what happens, message by message,
 * so that a crash or a hang can be laid at a spec's door.
 */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js';
import { setTestEnvs } from '@tensorflow/tfjs-core/dist/jasmine_util.js';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import { enable } from '@x/tensor';
import type { EnableOptions } from '@x/tensor';
import jasmineRequire from 'jasmine-core';
import type { Outcome } from './outcome.ts';

export interface SuiteRequest {
  readonly backend: string;
  readonly gradients: 'own' | 'tfjs';
  readonly filter?: string;
  readonly high: boolean;
  readonly enable: EnableOptions;
}

export type SuiteMessage =
  | { readonly kind: 'ready'; readonly specs: number; readonly on: string }
  | { readonly kind: 'started'; readonly name: string }
  | { readonly kind: 'done'; readonly outcome: Outcome }
  | { readonly kind: 'end' };

const send = (message: SuiteMessage): void => {
  process.send?.(message);
};

interface Heap {
  readonly bytes: Uint8Array;
  allocate(bytes: number): number;
}

interface XBackend {
  readonly heap: Heap;
}

/** Takes the lower 3 GiB of the heap, and what was left there of each size up to 4 MiB. */
function climb(heap: Heap): void {
  for (let block = 0; block < 12; block++) heap.allocate(2 ** 28);
  for (let bytes = 64; bytes <= 2 ** 22; bytes += Math.max(64, bytes / 8)) while (heap.allocate(bytes) < 2 ** 31);
}

/** Fills every block that is handed out with ones (NaN, -1), so that no kernel passes by finding zeros in fresh memory. */
function poison(heap: Heap): void {
  const allocate = heap.allocate.bind(heap);
  heap.allocate = (bytes) => {
    const pointer = allocate(bytes);
    heap.bytes.fill(0xff, pointer, pointer + bytes);
    return pointer;
  };
}

async function run({ backend, gradients, filter, high, enable: options }: SuiteRequest): Promise<void> {
  let on = `tfjs's backend '${backend}'`;
  if (backend === 'x' || gradients === 'own') {
    const { tier, threads } = await enable(options);
    if (backend === 'x') on = `backend 'x', tier ${tier}, ${threads} thread${threads > 1 ? 's' : ''}`;
  }
  if (gradients === 'tfjs') await import('@tensorflow/tfjs-core/dist/register_all_gradients.js');
  await tf.setBackend(backend);
  if (backend === 'x') {
    const { heap } = tf.backend() as unknown as XBackend;
    if (high) climb(heap);
    poison(heap);
  }

  const env = jasmineRequire.boot(jasmineRequire).getEnv();
  // One name for all backends, so that their specs have the same names.
  setTestEnvs([{ name: 'backend', backendName: backend, isDataSync: true }]);
  await import('@tensorflow/tfjs-core/dist/tests.js');

  const pattern = filter === undefined ? undefined : new RegExp(filter);
  const clean = (name: string): string => name.replaceAll(' backend {}', '');
  let specs = 0;
  env.configure({
    random: false,
    specFilter: (spec) => {
      const chosen = pattern?.test(clean(spec.getFullName())) ?? true;
      if (chosen) specs++;
      return chosen;
    },
  });
  const report = (name: string, status: Outcome['status'], failures: readonly { message: string; stack?: string }[]): void => {
    send({
      kind: 'done',
      outcome: { name: clean(name), status, messages: failures.map(({ message, stack }) => `${message}\n${stack ?? ''}`) },
    });
  };
  env.addReporter({
    jasmineStarted: () =>
      send({ kind: 'ready', specs, on: `${on}, ${gradients === 'own' ? 'gradients of @x/tensor' : "tfjs's gradients"}` }),
    specStarted: ({ fullName }) => send({ kind: 'started', name: clean(fullName) }),
    specDone: ({ fullName, status, failedExpectations }) => {
      if (status === 'excluded') return;
      report(fullName, status === 'passed' || status === 'failed' ? status : 'skipped', failedExpectations);
    },
    suiteDone: ({ fullName, failedExpectations }) => {
      if (failedExpectations.length > 0) report(`${fullName} (before or after its specs)`, 'failed', failedExpectations);
    },
  });
  await env.execute();
  // The backends keep the process alive; leave once the last message is out.
  process.send?.({ kind: 'end' } satisfies SuiteMessage, () => process.exit());
}

process.once('message', (request) => void run(request as SuiteRequest));

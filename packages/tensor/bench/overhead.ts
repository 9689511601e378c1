import * as tf from '@tensorflow/tfjs-core';
import { compare, type Candidate, type Comparison } from '@x-tooling/bench';
import { enable } from '../src/index.ts';
import { use } from './backend.ts';
import '@tensorflow/tfjs-backend-wasm';

const OPERATIONS = 10;
const CHAINS = 20;

/** A backend that does nothing, so that what remains is tfjs-core's own engine. */
class IdleBackend extends tf.KernelBackend {
  override write(): object {
    return {};
  }
  override disposeData(): boolean {
    return true;
  }
  override numDataIds(): number {
    return 0;
  }
  override incRef(): void {}
  override refCount(): number {
    return 1;
  }
  override dispose(): void {}
  override floatPrecision(): 16 | 32 {
    return 32;
  }
}

/** What an operation on 8 elements costs: ten in a chain, on ours, on tfjs's wasm, and on a backend that does nothing. */
export async function overhead(): Promise<Comparison[]> {
  await enable();
  tf.registerBackend('idle', () => new IdleBackend());
  for (const kernelName of ['Add', 'Multiply', 'Relu'])
    tf.registerKernel({ kernelName, backendName: 'idle', kernelFunc: () => ({ dataId: {}, shape: [8], dtype: 'float32' }) });
  const results = await compare({
    name: `${CHAINS} chains of ${OPERATIONS} operations on 8 elements`,
    candidates: { 'tfjs wasm': chains('wasm'), x: chains('x'), "tfjs-core's engine alone": chains('idle') },
    seconds: 2,
  });
  const microseconds = (label: string): number => (results.results.find((row) => row.label === label)!.median * 1e6) / CHAINS / OPERATIONS;
  const engine = microseconds("tfjs-core's engine alone");
  console.log(
    `An operation: ${microseconds('x').toFixed(2)} us on x, of which ${engine.toFixed(2)} us is tfjs-core's engine ` +
      `and ${(microseconds('x') - engine).toFixed(2)} us ours; ${microseconds('tfjs wasm').toFixed(2)} us on tfjs wasm.\n`,
  );
  tf.removeBackend('idle');
  return [results];
}

function chains(backend: string): Candidate {
  let a: tf.Tensor;
  let b: tf.Tensor;
  return {
    setup: async () => {
      await tf.setBackend(backend);
      a = tf.tensor1d([1, 2, 3, 4, 5, 6, 7, 8]);
      b = tf.tensor1d([8, 7, 6, 5, 4, 3, 2, 1]);
    },
    run: () => {
      use(backend);
      for (let chain = 0; chain < CHAINS; chain++) {
        tf.tidy(() => {
          let x = a;
          for (let i = 0; i < OPERATIONS / 2; i++) x = tf.relu(i % 2 ? tf.mul(x, b) : tf.add(x, b));
        });
      }
    },
    teardown: () => tf.dispose([a, b]),
  };
}

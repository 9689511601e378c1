import * as tf from '@tensorflow/tfjs-core';
import {
  accumulate,
  assignVariables,
  decodeSafetensors,
  disable,
  disposeState,
  encodeSafetensors,
  random,
  sgd,
  trainable,
  trainStep,
  type NamedVariables,
  type Optimizer,
  type OptimizerState,
} from '@x/tensor';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { restoreTopology, rigl, topologyTensors, withTopology, type Topology } from '../src/index.ts';
import { algorithms } from './algorithms.ts';
import { backends, useBackend } from './backends.ts';
import { bitsOf, STEPS } from './programs/epochs.ts';
import { batch, network } from './small-network.ts';

type Net = ReturnType<typeof network>;
/** Everything in one file, and the steps of the optimizer's state and its parts. */
interface Saved {
  readonly file: Uint8Array;
  readonly steps: readonly number[];
}

const LAST = 10;

interface Run {
  readonly net: Net;
  readonly optimizer: Optimizer;
  readonly state: OptimizerState;
}

function begin(net: Net, topology: Topology, around: (optimizer: Optimizer) => Optimizer = (own) => own): Run {
  const optimizer = around(withTopology(net, topology, sgd({ momentum: 0.9, learningRate: 0.1 }), { key: random.key(3) }));
  return { net, optimizer, state: optimizer.init(trainable(net)) };
}

function train({ net, optimizer, state }: Run): void {
  const { x, y } = batch(state.step);
  trainStep(net, { x, y }, { optimizer, state }).dispose();
  tf.dispose([x, y]);
}

async function save({ net, state }: Run): Promise<Saved> {
  const tensors = topologyTensors(net);
  const file = await encodeSafetensors({ ...net.variables, ...tensors, ...slotsOf(state) });
  tf.dispose(tensors);
  return { file, steps: [state, ...(state.parts ?? [])].map(({ step }) => step) };
}

function load({ net, state }: Run, { file, steps }: Saved): void {
  const loaded = decodeSafetensors(file).tensors as Record<string, tf.Tensor>;
  restoreTopology(net, loaded);
  for (const variables of [net.variables, slotsOf(state)])
    assignVariables(variables, Object.fromEntries(Object.keys(variables).map((name) => [name, loaded[name]!])));
  setSteps(state, steps);
  tf.dispose(loaded);
}

function setSteps(state: OptimizerState, steps: readonly number[]): void {
  for (const [index, part] of [state, ...(state.parts ?? [])].entries()) part.step = steps[index]!;
}

function slotsOf(state: OptimizerState): NamedVariables {
  return Object.fromEntries(
    Object.entries(state.slots).flatMap(([slot, variables]) =>
      Object.entries(variables).map(([name, variable]) => [`slot.${slot}.${name}`, variable]),
    ),
  );
}

function end({ net, state }: Run): void {
  disposeState(state);
  net.dispose();
}

describe.each(backends)('saved and resumed on %s', (backend) => {
  beforeAll(() => useBackend(backend));
  afterAll(disable);

  test.each(algorithms)('$name goes on bit by bit from every step, by way of a file', async ({ make, start }) => {
    const before = tf.memory().numTensors;
    const whole = begin(network(start), make());
    const files: Saved[] = [];
    while (whole.state.step < LAST) {
      files.push(await save(whole));
      train(whole);
    }
    const expected = bitsOf(whole.net, whole.state);
    end(whole);
    for (const [step, file] of files.entries()) {
      // Of other weights and places, so that nothing is right by itself.
      const resumed = begin(network(start, 6), make());
      load(resumed, file);
      while (resumed.state.step < LAST) train(resumed);
      expect(bitsOf(resumed.net, resumed.state), `from step ${step}`).toEqual(expected);
      end(resumed);
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  test('what was gathered within an update is saved too, where each is of several batches', async () => {
    const make = (seed?: number): Run => begin(network(0.3, seed), rigl({ every: 1, until: 100 }), (optimizer) => accumulate(optimizer, 4));
    const whole = make();
    while (whole.state.step < 6) train(whole);
    const file = await save(whole);
    while (whole.state.step < 12) train(whole);
    const resumed = make(6);
    load(resumed, file);
    while (resumed.state.step < 12) train(resumed);
    expect(bitsOf(resumed.net, resumed.state)).toEqual(bitsOf(whole.net, whole.state));
    end(whole);
    end(resumed);
  });

  test('what doesn’t fit is refused, and nothing changed', () => {
    const run = begin(network(0.3), rigl({ every: 3, accumulate: 3, until: 100 }));
    const { net, state } = run;
    while (state.step < 2) train(run);
    const before = bitsOf(net, state);
    const tensors = topologyTensors(net);
    const count = tf.memory().numTensors;
    const refuses = (change: Record<string, tf.Tensor | undefined>, message: RegExp): void => {
      const { ...given } = { ...tensors, ...change } as Record<string, tf.Tensor>;
      for (const [name, tensor] of Object.entries(change)) if (tensor === undefined) delete given[name];
      expect(() => restoreTopology(net, given)).toThrow(message);
      tf.dispose(Object.values(change).filter((tensor) => tensor !== undefined));
    };
    expect(() => restoreTopology(net, {})).toThrow(/tensors has no '0\.pointers'/);
    refuses({ '0.indices': tf.zeros([1], 'int32') }, /pointers go from 0 to/);
    refuses({ '0.indices': tf.zeros([900], 'int32') }, /room for 360 non-zeros/);
    refuses({ '1.gathered.steps': undefined }, /tensors has no '1\.gathered\.steps'/);
    refuses({ '1.gathered.dz': undefined }, /'1\.gathered\.dz' is .*, but must be float32\[24,25\]/);
    refuses({ '1.gathered.x': tf.zeros([24, 20]) }, /'1\.gathered\.x' is .*24.*20.*, but must be float32\[24,30\]/);
    expect(bitsOf(net, state)).toEqual(before);
    expect(tf.memory().numTensors).toBe(count);
    tf.dispose(tensors);
    end(run);
  });
});

describe('in another process', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'resumed-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('every algorithm goes on bit by bit from checkpoints in mid-epoch and at its end', () => {
    const program = fileURLToPath(new URL('programs/epochs.ts', import.meta.url));
    const run = (...args: string[]): Record<string, Record<string, string>> => {
      const { stdout, stderr } = spawnSync(process.execPath, ['--conditions=@x/source', program, folder, ...args], { encoding: 'utf8' });
      expect(stderr).toBe('');
      return JSON.parse(stdout) as Record<string, Record<string, string>>;
    };
    const { 0: whole } = run('0');
    expect(Object.keys(whole!)).toHaveLength(algorithms.length);
    expect(run(...STEPS.map(String))).toEqual(Object.fromEntries(STEPS.map((step) => [step, whole])));
  }, 120_000);
});

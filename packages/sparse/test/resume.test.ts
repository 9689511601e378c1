import * as tf from '@tensorflow/tfjs-core';
import {
  assignVariables,
  decodeSafetensors,
  dense,
  disable,
  disposeState,
  encodeSafetensors,
  random,
  sequential,
  sgd,
  trainable,
  trainStep,
  type NamedVariables,
  type OptimizerState,
} from '@x/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  dsr,
  restoreTopology,
  rigl,
  set,
  sparseLayers,
  sparseLinear,
  topKast,
  topologyTensors,
  trulySparse,
  withTopology,
  type Topology,
} from '../src/index.ts';
import { backends, useBackend } from './backends.ts';

const make = (): ReturnType<typeof sequential> =>
  sequential([sparseLinear(12, 16, { density: 0.3, activation: 'relu', key: random.key(1) }), dense(16, 3, { key: random.key(2) })]);

function train(
  net: ReturnType<typeof make>,
  topology: Topology,
  from: number,
  to: number,
  before?: (state: OptimizerState) => void,
): OptimizerState {
  const optimizer = withTopology(net, topology, sgd({ momentum: 0.9, learningRate: 0.1 }), { key: random.key(3), step: from });
  const state = optimizer.init(trainable(net));
  before?.(state);
  for (let step = from; step < to; step++) {
    const [x, y] = [
      random.normal(random.key(step), [8, 12]),
      tf.tensor1d(
        Int32Array.from({ length: 8 }, (_, i) => i % 3),
        'int32',
      ),
    ];
    trainStep(net, { x, y }, { optimizer, state }).dispose();
    tf.dispose([x, y]);
  }
  return state;
}

const everything = (net: ReturnType<typeof make>): unknown[] => [
  ...Object.values(net.variables).map((variable) => variable.dataSync().slice()),
  ...sparseLayers(net).flatMap(({ layer }) => [layer.pattern.pointers, layer.pattern.indices]),
];

describe.each(backends)('saved and resumed on %s', (backend) => {
  beforeAll(() => useBackend(backend));
  afterAll(disable);

  // Step 6 is one of RigL's own, whose gradients must be watched from the first step on.
  test.each([
    ['set', () => set({ every: 2 })],
    ['rigl', () => rigl({ every: 3, until: 50 })],
    // The sets are those chosen after step 4, which the values of step 6 wouldn't give.
    ['topKast', () => topKast({ forward: 0.5, every: 5 })],
    ['dsr', () => dsr({ every: 2 })],
    ['trulySparse', () => trulySparse({ stepsPerEpoch: 2, epochs: 9, importance: { after: 1, every: 2 } })],
  ] as const)('%s goes on bit by bit, by way of a file', async (_name, topology) => {
    const whole = make();
    disposeState(train(whole, topology(), 0, 12));
    const first = make();
    const state = train(first, topology(), 0, 6);
    const tensors = { ...first.variables, ...topologyTensors(first), ...prefixed('momentum.', state.slots['momentum']!) };
    const file = await encodeSafetensors(tensors);
    const loaded = decodeSafetensors(file).tensors as Record<string, tf.Tensor>;
    const second = make();
    restoreTopology(second, loaded);
    assignVariables(second.variables, pick(loaded, Object.keys(second.variables)));
    disposeState(
      train(second, topology(), 6, 12, (resumed) => {
        resumed.step = 6;
        assignVariables(
          resumed.slots['momentum']!,
          Object.fromEntries(Object.keys(resumed.slots['momentum']!).map((name) => [name, loaded[`momentum.${name}`]!])),
        );
      }),
    );
    expect(everything(second)).toEqual(everything(whole));
  });

  test('a topology that doesn’t fit is refused, and nothing changed', () => {
    const net = make();
    const before = everything(net);
    const tensors = topologyTensors(net);
    expect(() => restoreTopology(net, {})).toThrow(/tensors has no '0\.pointers'/);
    expect(() => restoreTopology(net, { ...tensors, '0.indices': tf.zeros([1], 'int32') })).toThrow(/pointers go from 0 to/);
    expect(() => restoreTopology(net, { ...tensors, '0.indices': tf.zeros([200], 'int32') })).toThrow(/room for 58 non-zeros/);
    expect(everything(net)).toEqual(before);
    net.dispose();
  });
});

function prefixed(prefix: string, variables: NamedVariables): Record<string, tf.Tensor> {
  return Object.fromEntries(Object.entries(variables).map(([name, variable]) => [prefix + name, variable]));
}
function pick(tensors: Record<string, tf.Tensor>, names: readonly string[]): Record<string, tf.Tensor> {
  return Object.fromEntries(names.map((name) => [name, tensors[name]!]));
}

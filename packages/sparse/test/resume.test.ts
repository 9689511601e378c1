import * as tf from '@tensorflow/tfjs-core';
import {
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
  type OptimizerState,
} from '@x/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { restoreTopology, sparseLayers, topologyTensors, withTopology, type Topology } from '../src/index.ts';
import { algorithms } from './algorithms.ts';
import { backends, useBackend } from './backends.ts';
import { batch, network } from './small-network.ts';

type Net = ReturnType<typeof network>;

function train(net: Net, topology: Topology, from: number, to: number, before?: (state: OptimizerState) => void): OptimizerState {
  const optimizer = withTopology(net, topology, sgd({ momentum: 0.9, learningRate: 0.1 }), { key: random.key(3), step: from });
  const state = optimizer.init(trainable(net));
  before?.(state);
  for (let step = from; step < to; step++) {
    const { x, y } = batch(step);
    trainStep(net, { x, y }, { optimizer, state }).dispose();
    tf.dispose([x, y]);
  }
  return state;
}

const everything = (net: Net): unknown[] => [
  ...Object.values(net.variables).map((variable) => variable.dataSync().slice()),
  ...sparseLayers(net).flatMap(({ layer }) => [layer.pattern.pointers, layer.pattern.indices]),
];

describe.each(backends)('saved and resumed on %s', (backend) => {
  beforeAll(() => useBackend(backend));
  afterAll(disable);

  // Step 4 is between two changes: what is divided by then is not what the values of then would give, and RigL watches from step 6 on,
  // or, where it looks at several steps, as SNFS does, from step 4.
  test.each(algorithms)('$name goes on bit by bit, by way of a file', async ({ make: topology, start }) => {
    const whole = network(start);
    disposeState(train(whole, topology(), 0, 10));
    const first = network(start);
    const state = train(first, topology(), 0, 4);
    const tensors = { ...first.variables, ...topologyTensors(first), ...prefixed('momentum.', state.slots['momentum']!) };
    const file = await encodeSafetensors(tensors);
    const loaded = decodeSafetensors(file).tensors as Record<string, tf.Tensor>;
    const second = network(start);
    restoreTopology(second, loaded);
    assignVariables(second.variables, pick(loaded, Object.keys(second.variables)));
    disposeState(
      train(second, topology(), 4, 10, (resumed) => {
        resumed.step = 4;
        assignVariables(
          resumed.slots['momentum']!,
          Object.fromEntries(Object.keys(resumed.slots['momentum']!).map((name) => [name, loaded[`momentum.${name}`]!])),
        );
      }),
    );
    expect(everything(second)).toEqual(everything(whole));
  });

  test('a topology that doesn’t fit is refused, and nothing changed', () => {
    const net = network(0.3);
    const before = everything(net);
    const tensors = topologyTensors(net);
    expect(() => restoreTopology(net, {})).toThrow(/tensors has no '0\.pointers'/);
    expect(() => restoreTopology(net, { ...tensors, '0.indices': tf.zeros([1], 'int32') })).toThrow(/pointers go from 0 to/);
    expect(() => restoreTopology(net, { ...tensors, '0.indices': tf.zeros([900], 'int32') })).toThrow(/room for 360 non-zeros/);
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

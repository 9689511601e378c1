import { describe, expect, it } from 'vitest';
import { pipedreamPartition, readPipedreamProfile } from '../../src/index.ts';
import { goldenFolder, goldenText } from '../golden.ts';

const figures = 'forward_compute_time=1.5, backward_compute_time=2.000, activation_size=[8.0; 2.0], parameter_size=4.000';

describe('readPipedreamProfile', () => {
  it('reads layers in order, sizes of several outputs, and descriptions with dashes', () => {
    const layers = readPipedreamProfile(`node2 -- B -- ${figures}\nnode1 -- LSTM(1 -- 2) -- ${figures}\n\tnode1 -- node2\n`);
    expect(layers).toEqual([
      { id: 'node1', description: 'LSTM(1 -- 2)', forward: 1.5, backward: 2, activationBytes: 10, parameterBytes: 4, inputs: [] },
      { id: 'node2', description: 'B', forward: 1.5, backward: 2, activationBytes: 10, parameterBytes: 4, inputs: [0] },
    ]);
  });
  it.each([
    [`node1 -- A -- forward_compute_time=1.0`, 'graph.txt:1: "node1" has no backward_compute_time'],
    [`node1 -- A -- ${figures}\n\tnode1 -- node9`, 'graph.txt:2: the edge joins node1 and node9'],
    [`node1 -- A -- ${figures}\nnode1 -- A -- ${figures}`, 'graph.txt:2: "node1" is there twice'],
    [`node1 -- A -- ${figures}\n\tnode1 -- node1`, 'cycle'],
    ['', 'no layers'],
  ])('refuses %j', (text, reason) => expect(() => readPipedreamProfile(text)).toThrow(reason));

  it.skipIf(!goldenFolder).each(['alexnet', 'vgg16', 'resnet18', 'resnet50', 'gnmt'])('reads %s', (name) => {
    const layers = readPipedreamProfile(goldenText(`pipedream/${name}.graph.txt`), { name });
    const lines = goldenText(`pipedream/${name}.graph.txt`)
      .split('\n')
      .filter((line) => line.trim() !== '');
    expect(layers.length).toBe(lines.filter((line) => !line.startsWith('\t')).length);
    expect(layers.reduce((sum, l) => sum + l.inputs.length, 0)).toBe(lines.filter((line) => line.startsWith('\t')).length);
    expect(layers.every((l, i) => l.inputs.every((from) => from < i))).toBe(true);
    const times = layers.map((l) => l.forward + l.backward);
    expect(pipedreamPartition(times, 4, { replicate: false }).cost).toBeGreaterThanOrEqual(Math.max(...times));
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { graphCost, layerGraph, ParseError, readTopologyCsv } from '../../src/index.ts';
import { goldenFolder, goldenText } from '../golden.ts';

describe('readTopologyCsv', () => {
  it('reads blanks, trailing commas, comma-only rows, extra columns and a missing final newline', () => {
    const graph = readTopologyCsv(
      'Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,,,Eh\n,,,,,,,,\nConv1 ,224 ,224, 11,11, 3,96 ,4 ,,,55',
    );
    expect(graph.layers.map((l) => l.name)).toEqual(['Conv1']);
    expect(graphCost(graph).macs).toBe(3025 * 96 * 363);
  });

  it('reads GEMM files and N:M sparsity', () => {
    const graph = readTopologyCsv('Layer,M,N,K,Sparsity\nfc,8,16,32,1:4,');
    expect(graph.layers[0]!.operation).toEqual({ type: 'gemm', m: 8, n: 16, k: 32 });
    expect(graphCost(graph).macs).toBe((8 * 16 * 32) / 4);
  });

  it('expands DP layers to one single-channel layer a channel', () => {
    const graph = readTopologyCsv('h\nConv2DP,8,8,3,3,4,1,1,\n');
    expect(graph.layers.map((l) => l.name)).toEqual(['Conv2DPChannel_0', 'Conv2DPChannel_1', 'Conv2DPChannel_2', 'Conv2DPChannel_3']);
  });

  it.each([
    ['h\nc,8,8,9,3,1,1,1,', 2, 'filter height 9 is larger than IFMAP height 8'],
    ['h\n\nc,8,8,x,3,1,1,1,', 3, 'filter height is "x"'],
    ['h\nc,8,8,3,3,1,1', 2, 'strides is ""'],
    ['h\n,8,8,3,3,1,1,1', 2, 'no name'],
    ['h\n', 2, 'no layers'],
    ['h\nc,8,8,3,3,1,1,1,4:2,', 2, 'sparsity is 4:2'],
    ['Layer,M,N,K\nc,9007199254740993,1,1,', 2, 'M is "9007199254740993"'],
  ])('refuses %j with its line', (text, line, reason) => {
    const error = (() => {
      try {
        readTopologyCsv(text, { name: 'net.csv' });
      } catch (caught) {
        return caught as ParseError;
      }
      return undefined;
    })();
    expect(error).toBeInstanceOf(ParseError);
    expect(error!.line).toBe(line);
    expect(error!.message).toContain(`net.csv:${line}: `);
    expect(error!.message).toContain(reason);
  });

  it('reads back every GEMM it is given, however it is spaced', () => {
    const size = fc.integer({ min: 1, max: 1 << 20 });
    const blank = fc.constantFrom('', ' ', '  ', '\t');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(size, size, fc.integer({ min: 1, max: 512 }), blank), { minLength: 1, maxLength: 8 }),
        fc.boolean(),
        (rows, newline) => {
          const text =
            ['Layer,M,N,K,', ...rows.map(([m, n, k, b], i) => `L${i}${b},${b}${m},${n}${b},${k},`)].join('\n') + (newline ? '\n' : '');
          expect(readTopologyCsv(text).layers.map((l) => l.operation)).toEqual(rows.map(([m, n, k]) => ({ type: 'gemm', m, n, k })));
        },
      ),
    );
  });
});

describe.skipIf(!goldenFolder)('SCALE-Sim topologies', () => {
  it.each([
    ['alexnet', 805118496],
    ['Resnet18', 1471181568],
    ['mobilenet', 565519488],
    ['Resnet50', 3479536384],
    ['yolo_tiny', 1753649072],
  ])('%s has %i multiply-accumulates', (net, macs) => {
    expect(graphCost(readTopologyCsv(goldenText(`scalesim/topologies/conv_nets_${net}.csv`))).macs).toBe(macs);
  });
});

describe('layerGraph', () => {
  const gemm = { type: 'gemm', m: 1, n: 1, k: 1 } as const;
  it('names the layers of a cycle', () => {
    expect(() =>
      layerGraph('g', [
        { name: 'a', operation: gemm, inputs: ['b'] },
        { name: 'b', operation: gemm, inputs: ['a'] },
      ]),
    ).toThrow(/cycle: a -> b -> a|cycle: b -> a -> b/);
  });
  it('refuses doubled names, unknown inputs and sizes that are not whole', () => {
    expect(() =>
      layerGraph('g', [
        { name: 'a', operation: gemm },
        { name: 'a', operation: gemm },
      ]),
    ).toThrow('two layers are named "a"');
    expect(() => layerGraph('g', [{ name: 'a', operation: gemm, inputs: ['z'] }])).toThrow('reads "z"');
    expect(() => layerGraph('g', [{ name: 'a', operation: { ...gemm, k: 1.5 } }])).toThrow('layer "a": gemm.k is 1.5');
    expect(() => layerGraph('g', [])).toThrow('no layers');
  });
});

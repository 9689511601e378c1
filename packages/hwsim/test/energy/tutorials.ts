import type { Loop, LoopNest, MemoryLevel, TensorProjection } from '../../src/index.ts';

const weights = (...axes: string[]): TensorProjection => ({ name: 'Weights', axes: axes.map((a) => [a]) });
const outputs = (...axes: string[]): TensorProjection => ({ name: 'Outputs', axes: axes.map((a) => [a]), output: true });
const inputs = (...axes: string[][]): TensorProjection => ({ name: 'Inputs', axes });

const conv1d = [weights('R'), inputs(['R', 'P']), outputs('P')];
const withOutputs = [weights('K', 'R'), inputs(['R', 'P']), outputs('K', 'P')];
const withBoth = [weights('C', 'K', 'R'), inputs(['C'], ['R', 'P']), outputs('K', 'P')];

// Energies of the tutorials' tables, pJ a vector access.
const registerFile = { energy: { read: 0.42564, write: 0.42564, leak: 0.000861 } };
const sram = { block: 8, energy: { read: 43.353054, write: 30.878292, leak: 0.007972 } };
const dram = { block: 32, energy: { read: 2048, write: 2048 } };
const compute = { energy: 0.845 };

/** `R3 P16`: innermost first. */
function loops(text: string): Loop[] {
  return text === '' ? [] : text.split(' ').map((loop) => ({ dimension: loop[0]!, bound: Number(loop.slice(1)) }));
}

function level(name: string, memory: Pick<MemoryLevel, 'block' | 'energy'>, text: string, rest: Partial<MemoryLevel> = {}): MemoryLevel {
  return { name, ...memory, loops: loops(text), ...rest };
}

const three = (tensors: TensorProjection[], registers: MemoryLevel, buffer: MemoryLevel): LoopNest => ({
  tensors,
  levels: [registers, buffer, level('MainMemory', dram, '')],
  compute,
});

/** Timeloop's tutorial mappings. */
export const tutorials: Readonly<Record<string, LoopNest>> = {
  '00-model-conv1d-1level': { tensors: conv1d, levels: [level('Buffer', registerFile, 'R3 P16')], compute },
  '01-model-conv1d-2level/os': {
    tensors: conv1d,
    levels: [level('Buffer', registerFile, 'R3'), level('MainMemory', sram, 'P16')],
    compute,
  },
  '01-model-conv1d-2level/ws': {
    tensors: conv1d,
    levels: [level('Buffer', registerFile, 'P16'), level('MainMemory', sram, 'R3')],
    compute,
  },
  '02-model-conv1d+oc-2level/no-tiling': {
    tensors: withOutputs,
    levels: [level('Buffer', registerFile, 'R3'), level('MainMemory', sram, 'P16 K32')],
    compute,
  },
  '02-model-conv1d+oc-2level/tiling': {
    tensors: withOutputs,
    levels: [level('Buffer', registerFile, 'R3 K2'), level('MainMemory', sram, 'P16 K16')],
    compute,
  },
  '03-model-conv1d+oc-3level/bypass': three(
    withOutputs,
    level('RegisterFile', registerFile, 'R3 K2', { keeps: ['Outputs'] }),
    level('GlobalBuffer', sram, 'P16 K16', { keeps: ['Weights', 'Inputs'] }),
  ),
  '03-model-conv1d+oc-3level/no-bypass': three(
    withOutputs,
    level('RegisterFile', registerFile, 'R3 K2'),
    level('GlobalBuffer', sram, 'P16 K16'),
  ),
  '04-model-conv1d+oc-3levelspatial/cp': three(
    withBoth,
    level('RegisterFile', registerFile, 'P16'),
    level('GlobalBuffer', sram, 'R3 K32 C2', { spatial: loops('C16') }),
  ),
  '04-model-conv1d+oc-3levelspatial/kp': three(
    withBoth,
    level('RegisterFile', registerFile, 'P16'),
    level('GlobalBuffer', sram, 'R3 K2 C32', { spatial: loops('K16') }),
  ),
  '05-mapper-conv1d+oc-3level/baked': three(
    withOutputs,
    level('RegisterFile', registerFile, 'K2 R3'),
    level('GlobalBuffer', sram, 'P16 K16'),
  ),
  '05-mapper-conv1d+oc-3level/freebypass': three(
    withOutputs,
    level('RegisterFile', registerFile, 'K2 R3'),
    level('GlobalBuffer', sram, 'P16 K16', { keeps: ['Inputs'] }),
  ),
  '05-mapper-conv1d+oc-3level/null': three(
    withOutputs,
    level('RegisterFile', registerFile, 'K32 R3 P16', { keeps: [] }),
    level('GlobalBuffer', sram, '', { keeps: [] }),
  ),
};

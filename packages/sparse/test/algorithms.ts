import {
  dsr,
  gradualPruning,
  importancePruning,
  oneShotPruning,
  rigl,
  set,
  snfs,
  straightThrough,
  topKast,
  trulySparse,
  type Topology,
} from '../src/index.ts';

/** Every algorithm: steps at which it changes something among the first ten, and what count of non-zeros stays. */
export const algorithms: readonly {
  name: string;
  make: () => Topology;
  at: readonly number[];
  constant: 'layer' | 'network' | false;
  start: number;
  zeroGrowth: boolean;
}[] = [
  { name: 'set, by sign', make: () => set({ every: 3, std: 0.1 }), at: [2, 5, 8], constant: 'layer', start: 0.3, zeroGrowth: false },
  {
    name: 'set, by magnitude',
    make: () => set({ every: 3, drop: 'magnitude', std: 0 }),
    at: [2, 5, 8],
    constant: 'layer',
    start: 0.3,
    zeroGrowth: true,
  },
  { name: 'set, until', make: () => set({ every: 3, until: 6, std: 0 }), at: [2, 5], constant: 'layer', start: 0.3, zeroGrowth: true },
  { name: 'rigl', make: () => rigl({ every: 3, until: 9 }), at: [3, 6], constant: 'layer', start: 0.3, zeroGrowth: true },
  {
    name: 'rigl, accumulated',
    make: () => rigl({ every: 3, until: 100, accumulate: 3, schedule: 'constant' }),
    at: [3, 6, 9],
    constant: 'layer',
    start: 0.3,
    zeroGrowth: true,
  },
  { name: 'snfs', make: () => snfs({ every: 3, until: 9 }), at: [3, 6], constant: 'network', start: 0.3, zeroGrowth: true },
  { name: 'dsr', make: () => dsr({ every: 3, fraction: 0.2, until: 8 }), at: [3, 6], constant: 'network', start: 0.3, zeroGrowth: true },
  { name: 'topKast', make: () => topKast({ forward: 0.5, every: 3 }), at: [2, 5, 8], constant: 'layer', start: 0.3, zeroGrowth: true },
  {
    name: 'topKast of stored weights',
    make: () => topKast({ forward: 0.3, backward: 0.5, renew: 0, every: 3, until: 6 }),
    at: [2, 5],
    constant: 'layer',
    start: 0.5,
    zeroGrowth: true,
  },
  {
    name: 'straightThrough',
    make: () => straightThrough({ density: 0.3, every: 2, until: 6 }),
    at: [1, 3, 5],
    constant: 'layer',
    start: 1,
    zeroGrowth: true,
  },
  { name: 'oneShotPruning', make: () => oneShotPruning({ at: 4, density: 0.2 }), at: [4], constant: false, start: 0.5, zeroGrowth: true },
  {
    name: 'importancePruning',
    make: () => importancePruning({ every: 3, begin: 2, until: 4, fraction: 0.25 }),
    at: [2],
    constant: false,
    start: 0.5,
    zeroGrowth: true,
  },
  {
    name: 'trulySparse',
    make: () => trulySparse({ stepsPerEpoch: 2, epochs: 4, importance: { every: 2, after: 1 } }),
    at: [1, 3, 5],
    constant: false,
    start: 0.3,
    zeroGrowth: false,
  },
  {
    name: 'gradual pruning',
    make: () => gradualPruning({ final: 0.9, begin: 2, end: 8, every: 2 }),
    at: [4, 6, 8],
    constant: false,
    start: 1,
    zeroGrowth: true,
  },
  {
    name: 'gradual pruning, global',
    make: () => gradualPruning({ final: 0.9, begin: 2, end: 8, every: 2, scope: 'global' }),
    at: [4, 6, 8],
    constant: false,
    start: 1,
    zeroGrowth: true,
  },
];

import { requireNumber, requireObject } from '../validation.ts';

/** Process nodes, nm, with energy a·V² + b·V + c in relative units and area relative to 45 nm. */
const nodes: Readonly<Record<number, { readonly energy: readonly [a: number, b: number, c: number]; readonly area: number }>> = {
  130: { energy: [7.171, -6.709, 2.904], area: 6.4 },
  90: { energy: [4.762, -4.781, 2.092], area: 2.8 },
  65: { energy: [3.755, -4.398, 1.975], area: 1.5 },
  45: { energy: [1.103, -0.362, 0.2767], area: 1 },
  32: { energy: [0.9559, -0.7823, 0.471], area: 0.46 },
  20: { energy: [0.373, -0.1582, 0.04104], area: 0.21 },
  16: { energy: [0.2958, -0.1241, 0.03024], area: 0.19 },
  14: { energy: [0.2363, -0.09675, 0.02239], area: 0.17 },
  10: { energy: [0.2068, -0.09311, 0.02375], area: 0.1 },
  7: { energy: [0.1776, -0.09097, 0.02447], area: 0.059 },
};

export const technologyNodes: readonly number[] = Object.keys(nodes).map(Number).toReversed();

function nodeOf(name: string, nm: number): (typeof nodes)[number] {
  const node = nodes[nm];
  if (!node) throw new RangeError(`${name} is ${String(nm)}, expected one of ${technologyNodes.join(', ')}`);
  return node;
}

/**
 * Factor by which switching energy changes from one node and voltage to another.
 * "Scaling equations for the accurate prediction of CMOS device performance from 180 nm to 7 nm" (2017), general-purpose fits.
 */
export function energyScale(from: { nm: number; volts: number }, to: { nm: number; volts: number }): number {
  const of = (name: string, process: { nm: number; volts: number }): number => {
    const { nm, volts } = requireObject(name, process);
    const [a, b, c] = nodeOf(`${name}.nm`, nm).energy;
    requireNumber(`${name}.volts`, volts, 0, true);
    return a * volts * volts + b * volts + c;
  };
  return of('to', to) / of('from', from);
}

/** Factor by which area changes from one node to another. */
export function areaScale(fromNm: number, toNm: number): number {
  return nodeOf('toNm', toNm).area / nodeOf('fromNm', fromNm).area;
}

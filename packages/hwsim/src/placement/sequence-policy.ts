import { topologicalOrder } from '../graph/layer-graph.ts';
import { forwardDependencies } from './ideals.ts';
import type { PlacementGraph } from './placement-graph.ts';

/**
 * A policy that places groups one after another in topological order, each by a softmax that depends on the group and on the device of the group before it:
 * p(placement) = Π p(dᵢ | i, dᵢ₋₁). A table of groups x devices x devices logits; enough memory to learn where to move on to another device.
 */
export interface SequencePolicy {
  readonly order: readonly number[];
  readonly devices: number;
  readonly logits: Float64Array;
  /** Probabilities of group `step` of the order after device `before`, into `into`. */
  readonly probabilities: (step: number, before: number, into: Float64Array) => void;
  /** A placement drawn from the policy. */
  readonly sample: (random: () => number, into: Int32Array) => void;
}

/**
 * A policy that at first mostly stays on a device, sometimes moves to the next and rarely elsewhere, as a person would begin. It knows nothing of the loads.
 */
export function sequencePolicy(graph: PlacementGraph, options: { elsewhere?: number } = {}): SequencePolicy {
  const { elsewhere = 0.01 } = options;
  const order = topologicalOrder(forwardDependencies(graph));
  const devices = graph.accelerators + graph.cpus;
  const advance = Math.min(0.5, (devices - 1) / Math.max(1, graph.groups));
  const logits = new Float64Array(graph.groups * devices * devices);
  const stay = Math.max(0.05, 1 - advance - elsewhere);
  for (let step = 0; step < graph.groups; step++)
    for (let before = 0; before < devices; before++)
      for (let d = 0; d < devices; d++) {
        const rare = elsewhere / Math.max(1, devices - 2);
        logits[(step * devices + before) * devices + d] = Math.log(
          step === 0 ? (d === 0 ? 1 - elsewhere : elsewhere / devices) : d === before ? stay : d === before + 1 ? advance : rare,
        );
      }
  const probabilities = (step: number, before: number, into: Float64Array): void => {
    const row = (step * devices + before) * devices;
    let most = -Infinity;
    for (let d = 0; d < devices; d++) most = Math.max(most, logits[row + d]!);
    let sum = 0;
    for (let d = 0; d < devices; d++) sum += into[d] = Math.exp(logits[row + d]! - most);
    for (let d = 0; d < devices; d++) into[d]! /= sum;
  };
  const p = new Float64Array(devices);
  const sample = (random: () => number, into: Int32Array): void => {
    let before = 0;
    for (let step = 0; step < order.length; step++) {
      probabilities(step, before, p);
      let u = random();
      let d = 0;
      while (d < devices - 1 && (u -= p[d]!) >= 0) d++;
      into[order[step]!] = before = d;
    }
  };
  return { order, devices, logits, probabilities, sample };
}

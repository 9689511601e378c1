import type { Hardware } from '../hardware/hardware.ts';
import { allToAllTime, ringAllGatherTime, ringAllReduceTime } from '../network/alpha-beta.ts';

/** Chips that do a thing together: those with parts of the same layers, copies of the same weights, or parts of the same experts. */
export type Group = 'tensor' | 'data' | 'expert';

/** A collective among a group: `bytes` of each chip's whole buffer. */
export interface Exchange {
  readonly collective: 'all-reduce' | 'all-gather' | 'reduce-scatter' | 'all-to-all';
  readonly group: Group;
  readonly bytes: number;
}

/** How many chips do what. */
export interface Parallel {
  /** Copies of the model, each with samples of its own. */
  readonly data: number;
  /** Chips among which the layers' matrices are divided. */
  readonly tensor: number;
  /** Stages one behind another. */
  readonly pipeline: number;
  /** Chips among which experts are divided, out of the data-parallel ones. */
  readonly expert: number;
}

/**
 * The link between members of a group whose chips lie within `span` places of one another: the fast one while they share a node.
 * Places: tensor-parallel chips are neighbours, then data-parallel ones, then pipeline stages.
 */
export function linkAcross(hardware: Hardware, span: number): { bandwidth: number; latency: number } {
  const { link, node } = hardware;
  if (!link) throw new RangeError(`${hardware.name} has no links in its description; give it a link or use one chip`);
  return node && span > node.chips ? node.link : link;
}

/** Members of a group, and over how many places they spread. */
export function groupOf(group: Group, { data, tensor, expert }: Parallel): { members: number; span: number } {
  if (group === 'tensor') return { members: tensor, span: tensor };
  return group === 'data' ? { members: data, span: tensor * data } : { members: expert, span: tensor * expert };
}

/** Seconds of an exchange by the alpha-beta forms: rings for reductions and gathers, direct for all-to-all. */
export function exchangeTime(exchange: Exchange, hardware: Hardware, members: number, span: number): number {
  if (members === 1 || exchange.bytes === 0) return 0;
  const form = { devices: members, bytes: exchange.bytes, ...linkAcross(hardware, span) };
  switch (exchange.collective) {
    case 'all-reduce':
      return ringAllReduceTime(form);
    case 'all-gather':
    case 'reduce-scatter':
      return ringAllGatherTime(form);
    case 'all-to-all':
      return allToAllTime(form);
  }
}

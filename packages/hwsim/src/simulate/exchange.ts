import type { Hardware } from '../hardware/hardware.ts';
import { allToAllTime, hierarchicalTime, ringAllReduceTime } from '../network/alpha-beta.ts';

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
  const { bandwidth, latency } = node && span > node.chips ? node.link : link;
  return { bandwidth: bandwidth * (hardware.reached?.link ?? 1), latency };
}

/** Members of a group, and over how many places they spread. */
export function groupOf(group: Group, { data, tensor, expert }: Parallel): { members: number; span: number } {
  if (group === 'tensor') return { members: tensor, span: tensor };
  return group === 'data' ? { members: data, span: tensor * data } : { members: expert, span: tensor * expert };
}

/** How many of a group's members share a node, and on how many nodes they are. */
function overNodes(hardware: Hardware, members: number, span: number): { inside: number; nodes: number } {
  const { node } = hardware;
  if (!node || span <= node.chips) return { inside: members, nodes: 1 };
  // As many as fit, of those that make whole nodes.
  let inside = Math.min(members, Math.max(1, Math.floor((node.chips * members) / span)));
  while (members % inside !== 0) inside--;
  return { inside, nodes: members / inside };
}

/**
 * Seconds of an exchange by the alpha-beta forms: rings for reductions and gathers, direct for all-to-all. A group on several nodes goes through them in three steps:
 * within each node, across nodes with every chip's own link carrying its part, and within each node again.
 */
export function exchangeTime(exchange: Exchange, hardware: Hardware, members: number, span: number): number {
  const { collective, bytes } = exchange;
  if (members === 1 || bytes === 0) return 0;
  const { inside, nodes } = overNodes(hardware, members, span);
  const inner = { devices: inside, bytes, ...linkAcross(hardware, 1) };
  const outer = linkAcross(hardware, span);
  if (collective === 'all-to-all') {
    // Each chip's parts for its own node over the fast links, the others over the slow one.
    const here = nodes === 1 ? bytes : bytes / nodes;
    const away = bytes - here;
    const within = inside === 1 ? 0 : allToAllTime({ ...inner, bytes: here });
    return within + (nodes === 1 ? 0 : (members - inside) * outer.latency + away / outer.bandwidth);
  }
  const time =
    nodes === 1
      ? ringAllReduceTime(inner)
      : hierarchicalTime({ ...inner, groups: nodes, outerLatency: outer.latency, outerBandwidth: outer.bandwidth });
  // A reduction that isn't gathered, or a gathering of what was, is half of it.
  return collective === 'all-reduce' ? time : time / 2;
}

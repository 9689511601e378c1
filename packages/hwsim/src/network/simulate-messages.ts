import { eventQueue } from '../events/event-queue.ts';
import { npuAt, npusOf, placeOf, unloadedDelay, type Topology } from './topology.ts';
import { requireInteger, requireList, requireNumber, requireObject, requireOptions } from '../validation.ts';

/** Bytes from one NPU to another, once all messages named in `after` have arrived. */
export interface Message {
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
  readonly after?: readonly number[];
  /** The receiver adds it to what it has, which takes time of its own. */
  readonly reduce?: boolean;
  /** Where in the buffer the bytes belong; for checking and pictures. */
  readonly offset?: number;
}

export interface NetworkRun {
  /** Nanoseconds until the last message has arrived and been dealt with. */
  readonly time: number;
  /** When each was sent and when it was dealt with, nanoseconds. */
  readonly sent: Float64Array;
  readonly arrived: Float64Array;
  /** Bytes that crossed each link, by `from>to`; a switch is `s<dimension>:<group>`. Empty without congestion. */
  readonly linkBytes: ReadonlyMap<string, number>;
  readonly events: number;
}

export interface NetworkOptions {
  /** True: messages are stored and forwarded link by link and queue for links, first come first served. False: every message has the network to itself. */
  readonly congestion?: boolean;
  /** Nanoseconds an NPU takes before it sends and after it has received, once a message. */
  readonly endpointDelay?: number;
  /** Bytes a nanosecond of local memory; a reduction reads two operands and writes one, ⌊bytes / bandwidth⌋ each. Left out: free. */
  readonly memoryBandwidth?: number;
}

interface Link {
  freeAt: number;
  bytes: number;
  readonly latency: number;
  readonly bandwidth: number;
}

/**
 * Sends messages through a network, deterministically, in whole nanoseconds.
 *
 * A link is taken for ⌊bytes / bandwidth⌋ and passes a message on after ⌊latency + bytes / bandwidth⌋. Routes go dimension by dimension, the shorter way
 * round a ring (clockwise when equal), through the switch of a switched dimension.
 *
 * @param topology dimensions from the innermost
 * @param messages in the order in which simultaneous ones are sent
 * @returns time, times of each message and bytes of each link
 * @throws RangeError for NPUs that don't exist and messages that wait for one another
 * @example simulateMessages([{ kind: 'ring', npus: 16, bandwidth: fromGiBps(50), latency: 500 }], [{ from: 1, to: 4, bytes: 2 ** 20 }]).time // 60093
 */
export function simulateMessages(topology: Topology, messages: readonly Message[], options: NetworkOptions = {}): NetworkRun {
  const { congestion = true, endpointDelay = 0, memoryBandwidth } = requireOptions(options);
  requireInteger('options.endpointDelay', endpointDelay, 0);
  if (memoryBandwidth !== undefined) requireNumber('options.memoryBandwidth', memoryBandwidth, 0, true);
  requireList('messages', messages).forEach((message, i) => requireObject(`messages[${i}]`, message));
  const npus = npusOf(topology);
  const links = new Map<string, Link>();
  const waiting = new Int32Array(messages.length);
  const dependents: number[][] = messages.map(() => []);
  messages.forEach(({ from, to, bytes, after = [] }, i) => {
    for (const [name, npu] of [
      ['from', from],
      ['to', to],
    ] as const)
      if (!Number.isInteger(npu) || npu < 0 || npu >= npus)
        throw new RangeError(`messages[${i}].${name} is ${npu}, expected an NPU in 0..${npus - 1}`);
    if (!(bytes >= 0)) throw new RangeError(`messages[${i}].bytes is ${bytes}, expected at least 0`);
    waiting[i] = after.length;
    for (const other of after) {
      if (!dependents[other]) throw new RangeError(`messages[${i}] waits for message ${other}, which isn't there`);
      dependents[other].push(i);
    }
  });
  const sent = new Float64Array(messages.length).fill(-1);
  const arrived = new Float64Array(messages.length).fill(-1);
  const routes: string[][] = [];
  const queue = eventQueue<{ message: number; hop: number }>();
  const send = (message: number, time: number): void => {
    sent[message] = time;
    routes[message] = congestion ? routeOf(topology, messages[message]!.from, messages[message]!.to, links) : [];
    queue.put(time, { message, hop: 0 });
  };
  // An NPU's first send also costs it the endpoint delay; later ones have it in the arrival they wait for.
  messages.forEach((_, i) => {
    if (waiting[i] === 0) send(i, endpointDelay);
  });
  let [time, events] = [0, 0];
  for (let event = queue.take(); event; event = queue.take()) {
    events++;
    const { message, hop } = event;
    const { from, to, bytes, reduce } = messages[message]!;
    if (hop < 0) {
      arrived[message] = queue.now;
      time = queue.now;
      for (const next of dependents[message]!) if (--waiting[next]! === 0) send(next, queue.now);
      continue;
    }
    const route = routes[message]!;
    if (hop === route.length) {
      const travel = congestion ? 0 : unloadedDelay(topology, from, to, bytes);
      const work = reduce && memoryBandwidth !== undefined ? 3 * Math.floor(bytes / memoryBandwidth) : 0;
      queue.put(queue.now + travel + work + endpointDelay, { message, hop: -1 });
      continue;
    }
    const link = links.get(route[hop]!)!;
    const start = Math.max(queue.now, link.freeAt);
    link.freeAt = start + Math.floor(bytes / link.bandwidth);
    link.bytes += bytes;
    queue.put(start + Math.floor(link.latency + bytes / link.bandwidth), { message, hop: hop + 1 });
  }
  const stuck = arrived.indexOf(-1);
  if (stuck >= 0) throw new RangeError(`message ${stuck} never goes: messages wait for one another in a circle`);
  return { time, sent, arrived, linkBytes: new Map(Array.from(links, ([name, link]) => [name, link.bytes])), events };
}

/** The links of a route, made as they are first used. */
function routeOf(topology: Topology, from: number, to: number, links: Map<string, Link>): string[] {
  const here = placeOf(topology, from);
  const goal = placeOf(topology, to);
  const route: string[] = [];
  const cross = (name: string, d: number): void => {
    const { latency, bandwidth } = topology[d]!;
    if (!links.has(name)) links.set(name, { freeAt: 0, bytes: 0, latency, bandwidth });
    route.push(name);
  };
  topology.forEach(({ kind, npus }, d) => {
    while (here[d] !== goal[d]) {
      const at = npuAt(topology, here);
      const clockwise = (goal[d]! - here[d]! + npus) % npus;
      here[d] = kind === 'ring' ? (here[d]! + (clockwise <= npus - clockwise ? 1 : npus - 1)) % npus : goal[d]!;
      const next = npuAt(topology, here);
      if (kind !== 'switch') {
        cross(`${at}>${next}`, d);
        continue;
      }
      const group = npuAt(
        topology,
        here.map((along, i) => (i === d ? 0 : along)),
      );
      cross(`${at}>s${d}:${group}`, d);
      cross(`s${d}:${group}>${next}`, d);
    }
  });
  return route;
}

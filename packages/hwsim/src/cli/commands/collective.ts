import { Option, type Command } from 'commander';
import {
  allToAll,
  doubleTreeAllReduce,
  halvingDoublingAllReduce,
  ringAllGather,
  ringAllReduce,
  ringReduceScatter,
  treeAllReduce,
} from '../../network/collectives.ts';
import { simulateMessages, type Message } from '../../network/simulate-messages.ts';
import { fromGiBps, type DimensionKind } from '../../network/topology.ts';
import { number, type Output } from '../output.ts';

const collectives: Readonly<Record<string, (npus: number, bytes: number) => Message[]>> = {
  'ring-all-reduce': ringAllReduce,
  'halving-doubling-all-reduce': halvingDoublingAllReduce,
  'tree-all-reduce': treeAllReduce,
  'double-tree-all-reduce': doubleTreeAllReduce,
  'all-gather': ringAllGather,
  'reduce-scatter': ringReduceScatter,
  'all-to-all': allToAll,
};

export function collectiveCommand(root: Command, { say }: Output): void {
  root
    .command('collective')
    .description('play a collective’s messages through a network')
    .addOption(new Option('--kind <name>').choices(Object.keys(collectives)).default('ring-all-reduce'))
    .addOption(new Option('--topology <name>').choices(['ring', 'fullyConnected', 'switch']).default('ring'))
    .option('--npus <n>', 'processors', number, 8)
    .option('--bytes <n>', 'of each processor’s buffer', number, 2 ** 20)
    .option('--bandwidth <GiB/s>', 'of a link', number, 50)
    .option('--latency <ns>', 'of a link', number, 500)
    .action((options: { kind: string; topology: DimensionKind; npus: number; bytes: number; bandwidth: number; latency: number }) => {
      const run = simulateMessages(
        [{ kind: options.topology, npus: options.npus, bandwidth: fromGiBps(options.bandwidth), latency: options.latency }],
        collectives[options.kind]!(options.npus, options.bytes),
      );
      say(`${options.kind} of ${options.bytes} B on ${options.npus} NPUs: ${run.time} ns, ${run.events} events`);
    });
}

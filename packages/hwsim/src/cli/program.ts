import { Command, InvalidArgumentError, Option } from 'commander';
import { simulateArray } from '../array/simulate-array.ts';
import { readScaleSimConfig } from '../array/scale-sim-config.ts';
import { precisions, type Precision } from '../hardware/hardware.ts';
import { hardwareLibrary } from '../hardware/library.ts';
import { pipelineHtml } from '../html/pipeline-html.ts';
import { withUnit } from '../html/page.ts';
import {
  allToAll,
  doubleTreeAllReduce,
  halvingDoublingAllReduce,
  ringAllGather,
  ringAllReduce,
  ringReduceScatter,
  treeAllReduce,
} from '../network/collectives.ts';
import { simulateMessages, type Message } from '../network/simulate-messages.ts';
import { fromGiBps, type DimensionKind } from '../network/topology.ts';
import { chainPlacement, exactPlacement } from '../placement/exact-placement.ts';
import { readPlacement } from '../placement/placement-graph.ts';
import { chimera } from '../pipeline/chimera.ts';
import { gpipe } from '../pipeline/gpipe.ts';
import { interleaved } from '../pipeline/interleaved.ts';
import { oneForwardOneBackward } from '../pipeline/one-forward-one-backward.ts';
import type { Schedule } from '../pipeline/schedule.ts';
import { simulatePipeline } from '../pipeline/simulate-pipeline.ts';
import { zeroBubbleH1, zeroBubbleH2 } from '../pipeline/zero-bubble-handcrafted.ts';
import { zeroBubbleV } from '../pipeline/zero-bubble-v.ts';
import { reportCsv } from '../report-csv.ts';
import { simulate, type Report, type SimulateOptions } from '../simulate.ts';
import { pipelineTrace } from '../trace/pipeline-trace.ts';
import { readChip, readJson, readModel, readText, writeFiles } from './files.ts';

/** Where a command's words go. */
export interface Output {
  readonly say: (line: string) => void;
  /** Progress and the like, kept apart from results. */
  readonly note: (line: string) => void;
}

interface PassTimes {
  readonly forward: number;
  readonly backward: number;
  readonly weight: number;
}

const schedules: Readonly<Record<string, (devices: number, microBatches: number, times: PassTimes) => Schedule>> = {
  gpipe,
  '1f1b': oneForwardOneBackward,
  interleaved: (p, m) => interleaved(p, m, 2),
  chimera: (p, m) => chimera(p, m),
  'zb-h1': zeroBubbleH1,
  'zb-h2': zeroBubbleH2,
  'zb-v': (p, m, { forward, backward, weight }) => zeroBubbleV(p, m, { forward, backward, weightGradient: weight }),
};

const collectives: Readonly<Record<string, (npus: number, bytes: number) => Message[]>> = {
  'ring-all-reduce': ringAllReduce,
  'halving-doubling-all-reduce': halvingDoublingAllReduce,
  'tree-all-reduce': treeAllReduce,
  'double-tree-all-reduce': doubleTreeAllReduce,
  'all-gather': ringAllGather,
  'reduce-scatter': ringReduceScatter,
  'all-to-all': allToAll,
};

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError(`${JSON.stringify(text)} is not a number`);
  return value;
}

interface ModelOptions {
  model: string;
  hardware: string;
  precision: Precision;
  batch: number;
  train?: boolean;
  dataParallel: number;
}

function withModel(command: Command): Command {
  return command
    .requiredOption('--model <file>', 'SCALE-Sim topology CSV, conv or GEMM, or a tfjs layers model.json')
    .option('--hardware <name>', `a chip of the library or a .json file: ${hardwareLibrary.map((chip) => chip.name).join(', ')}`, 'tpu-v1')
    .addOption(new Option('--precision <format>').choices(precisions).default('int8'))
    .option('--batch <n>', 'samples a chip', number, 1)
    .option('--train', 'a training step instead of inference')
    .option('--data-parallel <n>', 'chips that exchange gradients', number, 1);
}

function simulated({ model, hardware, precision, batch, train, dataParallel }: ModelOptions): { report: Report; options: SimulateOptions } {
  const options: SimulateOptions = {
    model: readModel(model, batch),
    hardware: readChip(hardware),
    precision,
    ...(train && { training: { dataParallel } }),
  };
  return { report: simulate(options), options };
}

function summary(report: Report): string {
  return `${report.model} on ${report.hardware}, ${report.precision}: ${withUnit(report.time, 's')}, ${withUnit(report.energy.total, 'J')}, ${(100 * report.utilisation).toFixed(1)} % of the peak, ${withUnit(report.memory.peak, 'B')}${report.memory.fits ? '' : ' (does not fit)'}`;
}

/** The command line as an object, so that it can be run by a test. */
export function program({ say, note }: Output): Command {
  const root = new Command('hwsim').description('What a model would cost on hardware that isn’t here');

  withModel(root.command('run').description('cost a model on a chip, or layer by layer on a systolic array'))
    .option('--scale-sim <file>', 'a SCALE-Sim configuration: follow the layers through its array and write its reports')
    .option('--out <folder>', 'write report.json, steps.csv, trace.json and report.html there')
    .action(async (options: ModelOptions & { scaleSim?: string; out?: string }) => {
      if (options.scaleSim !== undefined) {
        const config = readScaleSimConfig(readText(options.scaleSim), { name: options.scaleSim });
        const run = simulateArray(
          readModel(options.model, 1),
          { ...config, compat: 'scalesim-v3' },
          { onLayer: (layer, i, n) => note(`${i + 1}/${n} ${layer.layer}: ${layer.cycles} cycles`) },
        );
        if (options.out !== undefined) writeFiles(options.out, run.files, say);
        else say(run.files['COMPUTE_REPORT.csv']!.trimEnd());
        return;
      }
      const { report } = simulated(options);
      say(summary(report));
      if (options.out !== undefined)
        writeFiles(
          options.out,
          {
            'report.json': `${JSON.stringify(report, null, 1)}\n`,
            'steps.csv': reportCsv(report),
            'trace.json': report.toPerfetto(),
            'report.html': await report.toHtml(),
          },
          say,
        );
    });

  withModel(root.command('roofline').description('each layer against the chip’s peak and bandwidth')).action((options: ModelOptions) => {
    const { report } = simulated(options);
    say('step\toperations a byte\tTop/s\tlimited by');
    for (const step of report.steps)
      if (step.macs > 0)
        say(
          `${step.layer} ${step.kind}\t${((2 * step.macs) / step.bytes).toPrecision(4)}\t${((2 * step.macs) / step.seconds / 1e12).toPrecision(4)}\t${step.limit}`,
        );
  });

  root
    .command('pipeline')
    .description('simulate a pipeline schedule')
    .addOption(new Option('--schedule <name>').choices(Object.keys(schedules)).default('1f1b'))
    .option('--devices <n>', 'stages', number, 4)
    .option('--micro-batches <n>', '', number, 8)
    .option('--forward <time>', 'of a stage, any unit', number, 1)
    .option('--backward <time>', 'the input gradient only in zero-bubble schedules', number, 1)
    .option('--weight <time>', 'weight gradient, zero-bubble schedules', number, 1)
    .option('--transfer <time>', 'between stages', number, 0)
    .option('--out <folder>', 'write trace.json and pipeline.html there')
    .action(async (options: PassTimes & { schedule: string; devices: number; microBatches: number; transfer: number; out?: string }) => {
      const run = simulatePipeline(schedules[options.schedule]!(options.devices, options.microBatches, options), {
        forward: options.forward,
        backward: options.backward,
        weightGradient: options.weight,
        transfer: options.transfer,
      });
      say(
        `${run.schedule.name}: makespan ${run.makespan} units, bubble ${(100 * run.bubble).toFixed(2)} % of device time, at most ${run.peakInFlight.reduce((a, b) => Math.max(a, b), 0)} micro-batches (or chunks) in flight`,
      );
      if (options.out !== undefined)
        writeFiles(options.out, { 'trace.json': JSON.stringify(pipelineTrace(run)), 'pipeline.html': await pipelineHtml(run) }, say);
    });

  root
    .command('collective')
    .description('play a collective’s messages through a network')
    .addOption(new Option('--kind <name>').choices(Object.keys(collectives)).default('ring-all-reduce'))
    .addOption(new Option('--topology <name>').choices(['ring', 'fullyConnected', 'switch']).default('ring'))
    .option('--npus <n>', '', number, 8)
    .option('--bytes <n>', 'of each NPU’s buffer', number, 2 ** 20)
    .option('--bandwidth <GiB/s>', 'of a link', number, 50)
    .option('--latency <ns>', 'of a link', number, 500)
    .action((options: { kind: string; topology: DimensionKind; npus: number; bytes: number; bandwidth: number; latency: number }) => {
      const run = simulateMessages(
        [{ kind: options.topology, npus: options.npus, bandwidth: fromGiBps(options.bandwidth), latency: options.latency }],
        collectives[options.kind]!(options.npus, options.bytes),
      );
      say(`${options.kind} of ${options.bytes} B on ${options.npus} NPUs: ${run.time} ns, ${run.events} events`);
    });

  root
    .command('place')
    .description('place an operator graph on devices')
    .requiredOption('--graph <file>', 'JSON with nodes, edges, maxFPGAs, maxCPUs, maxSizePerFPGA')
    .addOption(new Option('--method <name>').choices(['exact', 'chain']).default('exact'))
    .action((options: { graph: string; method: string }) => {
      const graph = readPlacement(readJson(options.graph));
      const placement = (options.method === 'exact' ? exactPlacement : chainPlacement)(graph);
      say(`maximum load ${placement.load} (time units of the graph)`);
      placement.loads.forEach((load, d) => {
        const nodes = graph.nodes.filter((node) => placement.assignment[node.group] === d);
        say(
          `${d < graph.accelerators ? `accelerator ${d}` : `CPU ${d - graph.accelerators}`}: load ${load}, ${nodes.length} nodes: ${nodes.map((node) => node.name).join(' ')}`,
        );
      });
    });

  withModel(root.command('sweep').description('one model on every chip of the library that computes the precision, over batch sizes'))
    .option('--batches <list>', 'comma-separated', '1,4,16,64,256')
    .action((options: ModelOptions & { batches: string }) => {
      const batches = options.batches.split(',').map(number);
      const chips = hardwareLibrary.filter((chip) =>
        precisions.slice(precisions.indexOf(options.precision)).some((format) => chip.peak[format] !== undefined),
      );
      say('hardware,precision,batch,time (s),time a sample (s),energy a sample (J),utilisation,memory (B),fits');
      chips.forEach((chip, i) => {
        note(`${i + 1}/${chips.length} ${chip.name}`);
        for (const batch of batches) {
          const { report } = simulated({ ...options, hardware: chip.name, batch });
          say(
            [
              chip.name,
              options.precision,
              batch,
              report.time,
              report.time / batch,
              report.energy.total / batch,
              report.utilisation,
              report.memory.peak,
              report.memory.fits,
            ].join(),
          );
        }
      });
    });

  return root;
}

import { Option, type Command } from 'commander';
import { precisions, type Precision } from '../hardware/hardware.ts';
import { hardwareLibrary } from '../hardware/library.ts';
import { scheduleNames, type ScheduleName } from '../pipeline/named-schedules.ts';
import type { SimulateOptions } from '../simulate/plan.ts';
import { readChip, readModel } from './files.ts';
import { number } from './output.ts';

/** What the commands that cost a model take. */
export interface ModelOptions {
  model: string;
  hardware: string;
  chips?: number;
  precision: Precision;
  batch?: number;
  train?: boolean;
  data?: number;
  tensor: number;
  pipeline: number;
  expert: number;
  microBatches?: number;
  schedule: ScheduleName;
  recompute: 'none' | 'attention' | 'full';
  zero: number;
}

export function withModel(command: Command): Command {
  return command
    .requiredOption(
      '--model <file>',
      '.onnx, a tfjs layers model.json, a Calculon model .json, a PipeDream profile .txt, or a SCALE-Sim topology .csv (conv or GEMM)',
    )
    .option('--hardware <name>', `a chip of the library or a .json file: ${hardwareLibrary.map((chip) => chip.name).join(', ')}`, 'tpu-v1')
    .addOption(new Option('--precision <format>').choices(precisions).default('int8'))
    .option('--batch <n>', 'samples a step, over all chips; left out, one for each copy and micro-batch', number);
}

export function withTraining(command: Command): Command {
  return command
    .option('--train', 'a training step instead of inference')
    .option('--chips <n>', 'how many chips; those without another part are data parallel', number)
    .option('--data <n>', 'copies of the model', number)
    .option('--tensor <n>', 'chips that divide each layer', number, 1)
    .option('--pipeline <n>', 'stages one behind another', number, 1)
    .option('--expert <n>', 'of the data-parallel chips, those that divide experts', number, 1)
    .option('--micro-batches <n>', 'of each pipeline', number)
    .addOption(new Option('--schedule <name>', 'of the pipeline, in training').choices(scheduleNames).default('1f1b'))
    .addOption(new Option('--recompute <what>', 'instead of keeping activations').choices(['none', 'attention', 'full']).default('none'))
    .option('--zero <stage>', 'ZeRO stage, 0 to 3', number, 0);
}

/** The library's options for a command's. */
export function simulateOptions(options: ModelOptions): SimulateOptions {
  const { model, hardware, chips, precision, batch, train, data, tensor, pipeline, expert, microBatches, schedule, recompute, zero } =
    options;
  const chip = readChip(hardware);
  const spread = {
    ...(batch !== undefined && { batch }),
    parallel: { tensor, pipeline, expert, ...(data !== undefined && { data }) },
    ...(microBatches !== undefined && { microBatches }),
  };
  return {
    model: readModel(model),
    hardware: chips === undefined ? chip : { ...chip, chips },
    precision,
    ...(train ? { training: { ...spread, schedule, recompute, zero: zero as 0 } } : { inference: spread }),
  };
}

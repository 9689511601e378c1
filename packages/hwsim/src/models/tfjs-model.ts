import { ParseError } from '../parse-error.ts';
import { layerGraph } from '../graph/layer-graph.ts';
import type { Layer, LayerGraph } from '../graph/layer.ts';
import { requireOptions } from '../validation.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads the topology of a TensorFlow.js layers model (`model.json`, from Keras or tfjs), sequential or functional with one input: Dense, Conv2D,
 * DepthwiseConv2D, Embedding, BatchNormalization, LayerNormalization, pooling, activations, Add, Flatten, Reshape and the layers that cost nothing.
 *
 * @param json the parsed file
 * @param options.batch samples
 * @returns a layer graph with sizes worked out from the input's shape
 * @throws ParseError naming the layer that isn't understood
 */
export function readTfjsModel(json: unknown, options: { batch?: number; name?: string } = {}): LayerGraph {
  const { batch = 1, name = 'model.json' } = requireOptions(options);
  const fail = (reason: string): never => {
    throw new ParseError(name, 0, reason);
  };
  const object = (value: unknown, what: string): Json =>
    typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : fail(`${what} is missing`);
  const topology = object((json as Json | null)?.modelTopology, 'modelTopology');
  const model = object(topology.model_config ?? (topology.config ? topology : undefined), 'modelTopology.model_config');
  const config = Array.isArray(model.config) ? { layers: model.config as unknown[] } : object(model.config, 'config');
  if (!Array.isArray(config.layers)) fail('config.layers is missing: a graph model is read by readTfjsGraphModel');
  const shapes = new Map<string, number[]>();
  const layers: Layer[] = [];
  // Layers that cost nothing are left out; whoever reads them reads what they read.
  const costing = new Map<string, readonly string[]>();
  let previous: string | undefined;
  for (const raw of config.layers as unknown[]) {
    const entry = object(raw, 'a layer');
    const settings = object(entry.config, `config of a ${String(entry.class_name)} layer`);
    const id = String(settings.name);
    const className = String(entry.class_name);
    const inputs = className === 'InputLayer' ? [] : (inboundOf(entry) ?? (previous === undefined ? [] : [previous]));
    const given = (settings.batch_input_shape ?? settings.batchInputShape) as (number | null)[] | undefined;
    if (given && !Array.isArray(given))
      fail(`layer ${JSON.stringify(id)} has a batch_input_shape of ${JSON.stringify(given)}, expected a list`);
    const sources = inputs.map(
      (input) => shapes.get(input) ?? fail(`layer ${JSON.stringify(id)} reads ${JSON.stringify(input)}, which isn't before it`),
    );
    const shape =
      sources[0] ??
      given
        ?.slice(1)
        .map(
          (size) => size ?? fail(`layer ${JSON.stringify(id)} has an open size in its input's shape ${JSON.stringify(given)}; give it one`),
        ) ??
      fail(`layer ${JSON.stringify(id)} has no input and no batch_input_shape`);
    const { output, operation } = understand(className, settings, shape, sources, batch, (reason) =>
      fail(`layer ${JSON.stringify(id)}: ${reason}`),
    );
    shapes.set(id, output);
    const reads = [...new Set(inputs.flatMap((input) => costing.get(input)!))];
    costing.set(id, operation ? [id] : reads);
    if (operation) layers.push({ name: id, operation, inputs: reads });
    previous = id;
  }
  if (layers.length === 0) fail('no layer computes anything');
  try {
    return layerGraph(name, layers, { batch });
  } catch (error) {
    return fail((error as Error).message);
  }
}

/** Names of the layers a functional layer reads: the first call's inputs. */
function inboundOf(entry: Json): string[] | undefined {
  const nodes = entry.inbound_nodes as unknown;
  if (!Array.isArray(nodes) || nodes.length === 0 || !Array.isArray(nodes[0])) return undefined;
  return (nodes[0] as unknown[]).map((input) => String(Array.isArray(input) ? input[0] : input));
}

function understand(
  className: string,
  settings: Json,
  shape: readonly number[],
  sources: readonly (readonly number[])[],
  batch: number,
  fail: (reason: string) => never,
): { output: number[]; operation?: Layer['operation'] } {
  const elements = shape.reduce((a, b) => a * b, 1);
  const last = shape.at(-1)!;
  const rows = (batch * elements) / last;
  const pair = (value: unknown, fallback = 1): [number, number] =>
    Array.isArray(value) ? (value as [number, number]) : [Number(value ?? fallback), Number(value ?? fallback)];
  const positive = (key: string): number => {
    const value = Number(settings[key]);
    return Number.isSafeInteger(value) && value > 0
      ? value
      : fail(`${key} is ${JSON.stringify(settings[key])}, expected a whole number of at least 1`);
  };
  // Sizes are those of images whose channels come last.
  if ((settings.data_format ?? settings.dataFormat) === 'channels_first') fail('has its channels first, expected them last');
  const window = (
    kernel: [number, number],
    strides: [number, number],
    dilation: [number, number] = [1, 1],
  ): { height: number; width: number; paddedHeight: number; paddedWidth: number } => {
    const [h, w] = [shape[0]!, shape[1]!];
    const same = settings.padding === 'same';
    const along = (size: number, k: number, s: number, d: number): { out: number; padded: number } => {
      const reach = d * (k - 1) + 1;
      const out = same ? Math.ceil(size / s) : Math.floor((size - reach) / s) + 1;
      if (out < 1) fail(`windows of ${reach} leave nothing of ${size}`);
      return { out, padded: same ? Math.max(size, (out - 1) * s + k) : size - reach + k };
    };
    const [y, x] = [along(h, kernel[0], strides[0], dilation[0]), along(w, kernel[1], strides[1], dilation[1])];
    return { height: y.out, width: x.out, paddedHeight: y.padded, paddedWidth: x.padded };
  };
  switch (className) {
    case 'InputLayer':
    case 'Dropout':
    case 'SpatialDropout2D':
      return { output: [...shape] };
    case 'Flatten':
      return { output: [elements] };
    case 'Reshape': {
      const target = (settings.target_shape ?? settings.targetShape) as number[];
      if (!Array.isArray(target)) return fail('target_shape is missing');
      const known = target.filter((size) => size !== -1).reduce((a, b) => a * b, 1);
      const output = target.map((size) => (size === -1 ? elements / known : size));
      if (output.reduce((a, b) => a * b, 1) !== elements || !output.every(Number.isInteger))
        fail(`reshapes [${shape.join(', ')}] to [${target.join(', ')}], which has other elements`);
      return { output };
    }
    case 'Dense': {
      const units = positive('units');
      return { output: [...shape.slice(0, -1), units], operation: { type: 'gemm', m: rows, n: units, k: last } };
    }
    case 'Conv2D':
    case 'DepthwiseConv2D': {
      if (shape.length !== 3) fail(`reads a shape of [${shape.join(', ')}], expected height, width and channels`);
      const [kernelHeight, kernelWidth] = pair(settings.kernel_size ?? settings.kernelSize);
      const [strideHeight, strideWidth] = pair(settings.strides);
      if (Number(settings.groups ?? 1) !== 1) fail(`groups is ${JSON.stringify(settings.groups)}, expected 1; describe it with layerGraph`);
      const dilation = pair(settings.dilation_rate ?? settings.dilationRate);
      const { height, width, paddedHeight, paddedWidth } = window([kernelHeight, kernelWidth], [strideHeight, strideWidth], dilation);
      const common = {
        height: paddedHeight,
        width: paddedWidth,
        channels: last,
        kernelHeight,
        kernelWidth,
        strideHeight,
        strideWidth,
        batch,
      };
      if (className === 'Conv2D') {
        const filters = positive('filters');
        return { output: [height, width, filters], operation: { type: 'conv', ...common, filters } };
      }
      const multiplier = Number(settings.depth_multiplier ?? settings.depthMultiplier ?? 1);
      return { output: [height, width, last * multiplier], operation: { type: 'depthwise', ...common, multiplier } };
    }
    case 'MaxPooling2D':
    case 'AveragePooling2D': {
      const pool = pair(settings.pool_size ?? settings.poolSize, 2);
      const { height, width } = window(pool, settings.strides == null ? pool : pair(settings.strides));
      return {
        output: [height, width, last],
        operation: {
          type: 'elementwise',
          elements: batch * height * width * last,
          inputs: pool[0] * pool[1],
          operations: pool[0] * pool[1],
        },
      };
    }
    case 'GlobalAveragePooling2D':
    case 'GlobalMaxPooling2D':
      return {
        output: [last],
        operation: { type: 'elementwise', elements: batch * last, inputs: elements / last, operations: elements / last },
      };
    case 'BatchNormalization':
    case 'LayerNormalization':
      return {
        output: [...shape],
        operation: { type: 'norm', kind: className === 'BatchNormalization' ? 'batch' : 'layer', rows, columns: last },
      };
    case 'Activation':
    case 'ReLU':
    case 'LeakyReLU':
      return { output: [...shape], operation: { type: 'elementwise', elements: batch * elements } };
    case 'Softmax':
      return { output: [...shape], operation: { type: 'softmax', rows, columns: last } };
    case 'Add':
    case 'Multiply':
    case 'Average':
      return {
        output: [...shape],
        operation: { type: 'elementwise', elements: batch * elements, inputs: sources.length, operations: sources.length - 1 },
      };
    case 'Embedding': {
      const columns = Number(settings.output_dim ?? settings.outputDim);
      return {
        output: [...shape, columns],
        operation: { type: 'embedding', lookups: batch * elements, rows: Number(settings.input_dim ?? settings.inputDim), columns },
      };
    }
    default:
      return fail(`${className} isn't understood; describe the layer in code with layerGraph`);
  }
}

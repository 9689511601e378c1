import { ParseError } from '../parse-error.ts';
import { layerGraph } from '../graph/layer-graph.ts';
import type { Layer, LayerGraph, TensorFormat } from '../graph/layer.ts';
import { requireOneOf, requireOptions, requireText } from '../validation.ts';

const convColumns = ['IFMAP height', 'IFMAP width', 'filter height', 'filter width', 'channels', 'num filter', 'strides'] as const;

/**
 * Reads SCALE-Sim's topology CSV, conv or GEMM, in the loose form its users write: a header line, blanks inside fields, trailing commas,
 * rows of commas only, extra columns after the last known one, a missing final newline. Words are one byte.
 *
 * Conv: name, IFMAP height, width, filter height, width, channels, filters, stride[, N:M]. GEMM: name, M, N, K[, N:M].
 * A conv layer with `DP` in its name is depthwise: one single-channel layer for each channel, as SCALE-Sim expands it.
 *
 * @param text the file's content
 * @param options.kind `auto` looks at the header: an `M` column makes it GEMM
 * @param options.name the graph's name; the file's name in errors
 * @throws ParseError with file, line and reason
 * @example readTopologyCsv('Layer, M, N, K,\nfc, 256, 128, 256,') // one gemm layer
 */
export function readTopologyCsv(text: string, options: { kind?: 'auto' | 'conv' | 'gemm'; name?: string } = {}): LayerGraph {
  const { name = 'topology.csv' } = requireOptions(options);
  requireOneOf('options.kind', options.kind ?? 'auto', ['auto', 'conv', 'gemm']);
  const lines = requireText('text', text)
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/);
  const header = lines[0]!.split(',').map((field) => field.trim().toLowerCase());
  const kind =
    options.kind === undefined || options.kind === 'auto' ? (header.includes('m') && header.includes('k') ? 'gemm' : 'conv') : options.kind;
  const columns: readonly string[] = kind === 'gemm' ? ['M', 'N', 'K'] : convColumns;
  const layers: Layer[] = [];
  const seen = new Map<string, number>();
  const unique = (label: string): string => {
    const count = seen.get(label) ?? 0;
    seen.set(label, count + 1);
    return count === 0 ? label : `${label}#${count + 1}`;
  };
  for (let row = 1; row < lines.length; row++) {
    const fields = lines[row]!.split(',').map((field) => field.trim());
    if (fields.every((field) => field === '')) continue;
    const label = fields[0]!;
    if (label === '') throw new ParseError(name, row + 1, 'the layer has no name');
    const sizes = columns.map((column, i) => {
      const field = fields[i + 1] ?? '';
      if (!/^\d+$/.test(field) || Number(field) < 1 || !Number.isSafeInteger(Number(field)))
        throw new ParseError(
          name,
          row + 1,
          `layer ${JSON.stringify(label)}: ${column} is ${JSON.stringify(field)}, expected a whole number of at least 1`,
        );
      return Number(field);
    });
    const weights = sparsityOf(fields[columns.length + 1] ?? '', name, row + 1);
    const formats = { weights, activations: { bits: 8 } };
    try {
      if (kind === 'gemm') {
        const [m, n, k] = sizes as [number, number, number];
        layers.push({ name: unique(label), operation: { type: 'gemm', m, n, k }, ...formats });
      } else layers.push(...convLayers(label, sizes, formats, unique));
    } catch (error) {
      throw new ParseError(name, row + 1, (error as Error).message);
    }
  }
  if (layers.length === 0) throw new ParseError(name, lines.length, 'no layers after the header line');
  try {
    return layerGraph(name, layers);
  } catch (error) {
    throw new ParseError(name, 0, (error as Error).message);
  }
}

function convLayers(
  label: string,
  sizes: readonly number[],
  formats: Pick<Layer, 'weights' | 'activations'>,
  unique: (label: string) => string,
): Layer[] {
  const [height, width, kernelHeight, kernelWidth, channels, filters, stride] = sizes as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (kernelHeight > height)
    throw new RangeError(`layer ${JSON.stringify(label)}: filter height ${kernelHeight} is larger than IFMAP height ${height}`);
  if (kernelWidth > width)
    throw new RangeError(`layer ${JSON.stringify(label)}: filter width ${kernelWidth} is larger than IFMAP width ${width}`);
  const operation = {
    type: 'conv',
    height,
    width,
    kernelHeight,
    kernelWidth,
    filters,
    strideHeight: stride,
    strideWidth: stride,
    rounding: 'ceil',
  } as const;
  if (!label.includes('DP')) return [{ name: unique(label), operation: { ...operation, channels }, ...formats }];
  // An array as long as there are channels is about to be made.
  if (channels > 2 ** 20) throw new RangeError(`layer ${JSON.stringify(label)}: channels is ${channels}, expected at most ${2 ** 20}`);
  return Array.from({ length: channels }, (_, i) => ({
    name: unique(`${label}Channel_${i}`),
    operation: { ...operation, channels: 1 },
    ...formats,
  }));
}

function sparsityOf(field: string, file: string, line: number): TensorFormat {
  const match = /^(\d+)\s*:\s*(\d+)$/.exec(field);
  if (!match) return { bits: 8 };
  const [n, m] = [Number(match[1]), Number(match[2])];
  if (n < 1 || m < n) throw new ParseError(file, line, `sparsity is ${field}, expected N:M with 1 <= N <= M`);
  return n === m ? { bits: 8 } : { bits: 8, density: { kind: 'n:m', n, m } };
}

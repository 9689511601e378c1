import { outputSize } from '../graph/gemm-shape.ts';
import type { Layer } from '../graph/layer.ts';
import { requireInteger } from '../validation.ts';

/** Word addresses of the three matrices of a layer, each counted from the start of its own tensor; -1 is no word. */
export interface Operands {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** How many words each tensor has. */
  readonly inputWords: number;
  readonly filterWords: number;
  readonly outputWords: number;
  /** Address of element `j` of window `i`. */
  readonly input: (i: number, j: number) => number;
  /** Address of element `j` of filter `f`. */
  readonly filter: (j: number, f: number) => number;
  /** Address of output `i` of filter `f`. */
  readonly output: (i: number, f: number) => number;
}

/**
 * The addresses a convolution (channels last) or a matrix product touches; windows that overhang the input (SCALE-Sim's rounding) read nothing there.
 *
 * @throws RangeError for operations that aren't one convolution or product
 */
export function operandsOf(layer: Layer): Operands {
  const op = layer.operation;
  if (op.type === 'gemm' && (op.batch ?? 1) === 1) {
    const { m, n, k } = op;
    requireInteger('gemm.m', m);
    requireInteger('gemm.n', n);
    requireInteger('gemm.k', k);
    return {
      m,
      n,
      k,
      inputWords: m * k,
      filterWords: k * n,
      outputWords: m * n,
      input: (i, j) => i * k + j,
      filter: (j, f) => f * k + j,
      output: (i, f) => n * i + f,
    };
  }
  if (op.type !== 'conv' || (op.padding ?? 0) !== 0)
    throw new RangeError(
      `layer ${JSON.stringify(layer.name)} is ${op.type}${op.type === 'conv' ? ' with padding' : ''}: only one matrix product or one unpadded convolution can be followed word by word; use stallFreeWork on its gemmShapes, or count the padding into height and width`,
    );
  const { height, width, channels, filters, kernelHeight, kernelWidth, strideHeight = 1, strideWidth = strideHeight, batch = 1 } = op;
  const out = outputSize(op);
  const pixels = out.height * out.width;
  const [m, k, image] = [pixels * batch, kernelHeight * kernelWidth * channels, height * width * channels];
  const windowRow = new Int32Array(m);
  const windowColumn = new Int32Array(m);
  const windowStart = new Float64Array(m);
  for (let i = 0; i < m; i++) {
    const pixel = i % pixels;
    windowRow[i] = Math.floor(pixel / out.width) * strideHeight;
    windowColumn[i] = (pixel % out.width) * strideWidth;
    windowStart[i] = Math.floor(i / pixels) * image + (windowRow[i]! * width + windowColumn[i]!) * channels;
  }
  const elementRow = new Int32Array(k);
  const elementColumn = new Int32Array(k);
  const elementStart = new Int32Array(k);
  for (let j = 0; j < k; j++) {
    elementRow[j] = Math.floor(j / (kernelWidth * channels));
    elementColumn[j] = Math.floor((j % (kernelWidth * channels)) / channels);
    elementStart[j] = (elementRow[j]! * width + elementColumn[j]!) * channels + (j % channels);
  }
  return {
    m,
    n: filters,
    k,
    inputWords: image * batch,
    filterWords: k * filters,
    outputWords: m * filters,
    input: (i, j) =>
      elementRow[j]! + windowRow[i]! < height && elementColumn[j]! + windowColumn[i]! < width ? windowStart[i]! + elementStart[j]! : -1,
    filter: (j, f) => f * k + j,
    output: (i, f) => filters * i + f,
  };
}

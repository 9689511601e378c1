import type { Density } from './density.ts';
import { requireList, requireObject, requireText } from '../validation.ts';

/** How a tensor is kept: bits an element (32, or the precision of a simulation, when left out), and which elements are kept at all. */
export interface TensorFormat {
  readonly bits?: number;
  readonly density?: Density;
}

/** C[m,n] = A[m,k] · B[k,n], `batch` times, each with a B of its own. */
export interface Gemm {
  readonly type: 'gemm';
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly batch?: number;
  /**
   * What B is. `weights`, when left out: stored, trained, and as many for any number of samples, as the groups of a grouped convolution.
   * `activations`: computed like A, one for each sample, as in the scores of attention.
   */
  readonly right?: 'weights' | 'activations';
}

/**
 * A 2-D convolution over [batch, height, width, channels] with `filters` filters.
 * `rounding`: `floor` is ⌊(H + 2p − kh)/s⌋ + 1, as every framework counts; `ceil` is SCALE-Sim's ⌈(H − kh + s)/s⌉.
 */
export interface Conv {
  readonly type: 'conv';
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly filters: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly strideHeight?: number;
  readonly strideWidth?: number;
  readonly padding?: number;
  readonly batch?: number;
  readonly rounding?: 'floor' | 'ceil';
}

/** One filter a channel (times `multiplier`). */
export interface Depthwise extends Omit<Conv, 'type' | 'filters'> {
  readonly type: 'depthwise';
  readonly multiplier?: number;
}

/** softmax(Q Kᵀ) V for `batch` x `heads` heads. */
export interface Attention {
  readonly type: 'attention';
  readonly batch: number;
  readonly heads: number;
  readonly queryLength: number;
  readonly keyLength: number;
  readonly headSize: number;
}

export interface Softmax {
  readonly type: 'softmax';
  readonly rows: number;
  readonly columns: number;
}

export interface Norm {
  readonly type: 'norm';
  readonly kind?: 'layer' | 'batch' | 'rms';
  readonly rows: number;
  readonly columns: number;
}

/** `lookups` random rows of a `rows` x `columns` table. */
export interface Embedding {
  readonly type: 'embedding';
  readonly lookups: number;
  readonly rows: number;
  readonly columns: number;
}

/**
 * `tokens` tokens, each sent to `topK` of `experts` two-matrix experts (input → hidden → input).
 * `loads` are the tokens that want each expert; left out, they are even. An expert takes at most
 * ⌈capacityFactor · tokens · topK / experts⌉ and drops the rest.
 */
export interface Moe {
  readonly type: 'moe';
  readonly tokens: number;
  readonly experts: number;
  readonly topK?: number;
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly capacityFactor?: number;
  readonly loads?: readonly number[];
}

/** `elements` outputs, each from `inputs` inputs by `operations` operations. */
export interface Elementwise {
  readonly type: 'elementwise';
  readonly elements: number;
  readonly inputs?: number;
  readonly operations?: number;
}

/** A parameter update. Adam in mixed precision: 11 operations and 12 bytes of state a parameter. */
export interface Optimizer {
  readonly type: 'optimizer';
  readonly parameters: number;
  readonly operations?: number;
  readonly stateBytes?: number;
}

/** A layer known by its measured times, as in a PipeDream profile: seconds for its samples, on whatever chip it was measured. */
export interface Profiled {
  readonly type: 'profiled';
  readonly forward: number;
  /** Of both gradients together. */
  readonly backward: number;
  readonly outputBytes: number;
  readonly parameterBytes: number;
}

export type Operation = Gemm | Conv | Depthwise | Attention | Softmax | Norm | Embedding | Moe | Elementwise | Optimizer | Profiled;

/** One operation of a model. `inputs` names the layers it reads; left out, it reads the layer before it. */
export interface Layer {
  readonly name: string;
  readonly operation: Operation;
  readonly inputs?: readonly string[];
  readonly weights?: TensorFormat;
  readonly activations?: TensorFormat;
}

/** A model as hardware sees it: operations and who feeds whom. */
export interface LayerGraph {
  readonly name: string;
  readonly layers: readonly Layer[];
  /** Samples that the sizes of its layers hold; 1 when left out. */
  readonly batch?: number;
}

/** A layer whose formats are decided. */
export interface FormattedLayer extends Layer {
  readonly weights: TensorFormat & { readonly bits: number };
  readonly activations: TensorFormat & { readonly bits: number };
}

/** A graph of such layers. */
export interface FormattedGraph extends LayerGraph {
  readonly layers: readonly FormattedLayer[];
}

/** The layer with formats for what it leaves open: `bits` for each tensor. */
export function formatted(layer: Layer, bits: number): FormattedLayer {
  return { ...layer, weights: { bits, ...layer.weights }, activations: { bits, ...layer.activations } };
}

/** Refuses what is no layer, before its sizes are looked at. */
export function requireLayer(layer: Layer): void {
  const { name, operation } = requireObject('layer', layer);
  requireText('layer.name', name);
  requireText('layer.operation.type', requireObject('layer.operation', operation).type);
}

/** Refuses what is no graph, before its layers are looked at. */
export function requireGraph(graph: LayerGraph): void {
  requireList('graph.layers', requireObject('graph', graph).layers).forEach(requireLayer);
}

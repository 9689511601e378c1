import { requireInteger, requireObject, requireOneOf } from '../validation.ts';

/** A decoder-only transformer of equal blocks. */
export interface Transformer {
  readonly hidden: number;
  readonly feedforward: number;
  readonly sequence: number;
  readonly heads: number;
  readonly headSize: number;
  readonly blocks: number;
}

/** How a transformer is run on a system's processors. */
export interface TransformerPlan {
  readonly tensorParallel: number;
  readonly pipelineParallel: number;
  readonly dataParallel: number;
  /** Which network tier each kind of parallelism talks over. */
  readonly tensorNetwork: number;
  readonly pipelineNetwork: number;
  readonly dataNetwork: number;
  readonly batch: number;
  readonly microBatch: number;
  readonly dataType: string;
  readonly recompute: 'none' | 'attention' | 'full';
  /** Model chunks a processor of interleaved 1F1B. */
  readonly interleaving?: number;
  /** ZeRO stage 1: optimizer state spread over data-parallel copies. */
  readonly optimizerSharding?: boolean;
  /** All-reduce; the same with pipeline sends of a slice each; sequence parallelism (reduce-scatter and all-gather). */
  readonly tensorCommunication?: 'allReduce' | 'slicedSend' | 'sequence';
  /** Gather again in the backward instead of keeping what was gathered. */
  readonly regather?: boolean;
  readonly fusedActivation?: boolean;
  readonly attention?: 'multihead' | 'multiquery';
  readonly training?: boolean;
}

/** Refuses a model whose sizes aren't whole. */
export function requireTransformer(model: Transformer): void {
  for (const field of ['hidden', 'feedforward', 'sequence', 'heads', 'headSize', 'blocks'] as const)
    requireInteger(`model.${field}`, requireObject('model', model)[field]);
}

/** Parameters of a transformer with a 51,200-word vocabulary and learned positions, as the Megatron papers count. */
export function transformerParameters(model: Transformer): number {
  requireTransformer(model);
  const { hidden: h, feedforward: f, sequence, heads, headSize, blocks } = model;
  return blocks * (2 * h * f + 4 * h * heads * headSize + h + f + 3 * heads * headSize + h + 4 * h) + (51200 + sequence) * h;
}

/** Reads Calculon's model JSON. */
export function readCalculonModel(json: unknown): Transformer {
  const of = (key: string): number => requireInteger(`model.${key}`, (json as Record<string, unknown> | null)?.[key]);
  return {
    hidden: of('hidden'),
    feedforward: of('feedforward'),
    sequence: of('seq_size'),
    heads: of('attn_heads'),
    headSize: of('attn_size'),
    blocks: of('num_blocks'),
  };
}

/**
 * Reads Calculon's execution JSON.
 *
 * @throws RangeError for fields out of range, and for overlap and offloading, which aren't modelled
 */
export function readCalculonExecution(json: unknown): TransformerPlan {
  const root = requireObject('execution', json) as Record<string, unknown>;
  const of = (key: string, least = 1): number => requireInteger(`execution.${key}`, root[key], least);
  for (const key of ['data_par_overlap', 'weight_offload', 'activations_offload', 'optimizer_offload'])
    if (root[key] === true) throw new RangeError(`execution.${key} is true, which isn't modelled; set it to false`);
  if (root.tensor_par_overlap !== 'none')
    throw new RangeError(
      `execution.tensor_par_overlap is ${JSON.stringify(root.tensor_par_overlap)}, expected "none": overlap isn't modelled`,
    );
  const recompute = requireOneOf('execution.activation_recompute', root.activation_recompute, ['none', 'attn_only', 'full']);
  const communication = requireOneOf('execution.tensor_par_comm_type', root.tensor_par_comm_type, ['ar', 'p2p_rs_ag', 'rs_ag']);
  const plan: TransformerPlan = {
    tensorParallel: of('tensor_par'),
    pipelineParallel: of('pipeline_par'),
    dataParallel: of('data_par'),
    tensorNetwork: of('tensor_par_net', 0),
    pipelineNetwork: of('pipeline_par_net', 0),
    dataNetwork: of('data_par_net', 0),
    batch: of('batch_size'),
    microBatch: of('microbatch_size'),
    dataType: String(root.datatype),
    recompute: recompute === 'attn_only' ? 'attention' : recompute,
    interleaving: of('pipeline_interleaving'),
    optimizerSharding: root.optimizer_sharding === true,
    tensorCommunication: communication === 'ar' ? 'allReduce' : communication === 'rs_ag' ? 'sequence' : 'slicedSend',
    regather: root.seq_par_ag_redo === true,
    fusedActivation: root.fused_activation === true,
    attention: requireOneOf('execution.attention_type', root.attention_type, ['multihead', 'multiquery']),
    training: root.training === true,
  };
  const processors = of('num_procs');
  if (plan.tensorParallel * plan.pipelineParallel * plan.dataParallel !== processors)
    throw new RangeError(
      `execution.num_procs is ${processors}, expected tensor x pipeline x data = ${plan.tensorParallel * plan.pipelineParallel * plan.dataParallel}`,
    );
  return plan;
}

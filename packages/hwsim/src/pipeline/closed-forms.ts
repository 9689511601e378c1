import { requireInteger, requireNumber } from '../validation.ts';

export interface UniformPipeline {
  readonly devices: number;
  readonly microBatches: number;
  readonly forward: number;
  readonly backward: number;
  readonly weightGradient?: number;
}

/** Makespan, in the costs' unit, and the share of device time that is idle; equal stages, free transfers. */
export interface PipelineForm {
  readonly makespan: number;
  readonly bubble: number;
}

function formOf({ devices, microBatches, forward, backward, weightGradient = 0 }: UniformPipeline, idle: number): PipelineForm {
  requireInteger('devices', devices);
  requireInteger('microBatches', microBatches);
  requireNumber('forward', forward);
  requireNumber('backward', backward);
  requireNumber('weightGradient', weightGradient);
  const work = microBatches * (forward + backward + weightGradient);
  return { makespan: work + idle, bubble: work + idle === 0 ? 0 : idle / (work + idle) };
}

/** GPipe and 1F1B alike: makespan (m + p − 1)(f + b), bubble (p − 1)/(m + p − 1). */
export function flushForm(pipeline: UniformPipeline): PipelineForm {
  return formOf(pipeline, (pipeline.devices - 1) * (pipeline.forward + pipeline.backward + (pipeline.weightGradient ?? 0)));
}

/** Interleaved 1F1B of v chunks; f and b are a device's whole time a micro-batch: makespan m(f + b) + (p − 1)(f + b)/v. */
export function interleavedForm(pipeline: UniformPipeline & { readonly chunks: number }): PipelineForm {
  return formOf(pipeline, ((pipeline.devices - 1) * (pipeline.forward + pipeline.backward)) / requireInteger('chunks', pipeline.chunks));
}

/** ZB-H1: bubble time (p − 1)(f + b − w); holds while it isn't negative and m >= p. */
export function zeroBubbleH1Form(pipeline: UniformPipeline): PipelineForm {
  return formOf(pipeline, (pipeline.devices - 1) * Math.max(0, pipeline.forward + pipeline.backward - (pipeline.weightGradient ?? 0)));
}

/** ZB-H2: idle time within a stage's span (p − 1)(f + b − 2w); holds while it isn't negative and m >= 2p − 1. */
export function zeroBubbleH2Form(pipeline: UniformPipeline): PipelineForm {
  return formOf(pipeline, (pipeline.devices - 1) * Math.max(0, pipeline.forward + pipeline.backward - 2 * (pipeline.weightGradient ?? 0)));
}

/**
 * Chimera with 2f pipelines: bubble (D − 2f)/(2fN + D − 2f) when f = b and N is a multiple of D.
 * (With backward twice forward and N = D, one pair of pipelines: (D − 2)/(3N/2 + D − 2).)
 */
export function chimeraForm(pipeline: UniformPipeline & { readonly pipes?: number }): PipelineForm {
  const { devices, forward, backward, pipes = 1 } = pipeline;
  return formOf(pipeline, (devices / (2 * pipes) - 1) * (forward + backward));
}

/** Alpa's estimate for uneven stages, Σ t + (m − 1) max t: exact for GPipe with free transfers, an upper bound for 1F1B (arXiv 2201.12023). */
export function unevenForm(stageTimes: readonly number[], microBatches: number): number {
  requireInteger('microBatches', microBatches);
  return stageTimes.reduce((a, b) => a + b, 0) + (microBatches - 1) * stageTimes.reduce((a, b) => Math.max(a, b), 0);
}

import { requireInteger, requireList, requireNumber, requireOptions } from '../validation.ts';

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

/** A form from the time that its devices are idle. */
function formOf(given: UniformPipeline, idleTime: (pipeline: Required<UniformPipeline>) => number): PipelineForm {
  const { devices, microBatches, forward, backward, weightGradient = 0 } = requireOptions(given, 'pipeline');
  requireInteger('pipeline.devices', devices);
  requireInteger('pipeline.microBatches', microBatches);
  requireNumber('pipeline.forward', forward);
  requireNumber('pipeline.backward', backward);
  requireNumber('pipeline.weightGradient', weightGradient);
  const work = microBatches * (forward + backward + weightGradient);
  const idle = idleTime({ devices, microBatches, forward, backward, weightGradient });
  return { makespan: work + idle, bubble: work + idle === 0 ? 0 : idle / (work + idle) };
}

/** GPipe and 1F1B alike: makespan (m + p − 1)(f + b), bubble (p − 1)/(m + p − 1). */
export function flushForm(pipeline: UniformPipeline): PipelineForm {
  return formOf(pipeline, ({ devices, forward, backward, weightGradient }) => (devices - 1) * (forward + backward + weightGradient));
}

/** Interleaved 1F1B of v chunks; f and b are a device's whole time a micro-batch: makespan m(f + b) + (p − 1)(f + b)/v. */
export function interleavedForm(pipeline: UniformPipeline & { readonly chunks: number }): PipelineForm {
  return formOf(
    pipeline,
    ({ devices, forward, backward }) => ((devices - 1) * (forward + backward)) / requireInteger('pipeline.chunks', pipeline.chunks),
  );
}

/** ZB-H1: bubble time (p − 1)(f + b − w); holds while it isn't negative and m >= p. */
export function zeroBubbleH1Form(pipeline: UniformPipeline): PipelineForm {
  return formOf(
    pipeline,
    ({ devices, forward, backward, weightGradient }) => (devices - 1) * Math.max(0, forward + backward - weightGradient),
  );
}

/** ZB-H2: idle time within a stage's span (p − 1)(f + b − 2w); holds while it isn't negative and m >= 2p − 1. */
export function zeroBubbleH2Form(pipeline: UniformPipeline): PipelineForm {
  return formOf(
    pipeline,
    ({ devices, forward, backward, weightGradient }) => (devices - 1) * Math.max(0, forward + backward - 2 * weightGradient),
  );
}

/**
 * Chimera with 2f pipelines: bubble (D − 2f)/(2fN + D − 2f) when f = b and N is a multiple of D.
 * (With backward twice forward and N = D, one pair of pipelines: (D − 2)/(3N/2 + D − 2).)
 */
export function chimeraForm(pipeline: UniformPipeline & { readonly pipes?: number }): PipelineForm {
  return formOf(pipeline, ({ devices, forward, backward }) => {
    const pipes = requireInteger('pipeline.pipes', pipeline.pipes ?? 1);
    return (devices / (2 * pipes) - 1) * (forward + backward);
  });
}

/** Alpa's estimate for uneven stages, Σ t + (m − 1) max t: exact for GPipe with free transfers, an upper bound for 1F1B (arXiv 2201.12023). */
export function unevenForm(stageTimes: readonly number[], microBatches: number): number {
  requireInteger('microBatches', microBatches);
  requireList('stageTimes', stageTimes).forEach((time, s) => requireNumber(`stageTimes[${s}]`, time));
  return stageTimes.reduce((a, b) => a + b, 0) + (microBatches - 1) * stageTimes.reduce((a, b) => Math.max(a, b), 0);
}

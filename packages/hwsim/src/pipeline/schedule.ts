import { requireInteger, requireList, requireObject, requireOneOf, requireText } from '../validation.ts';

/**
 * What a pass does for one stage and one micro-batch.
 *
 * `F` forward; `B` backward, or, in schedules that also have `W`, the input gradient only; `W` the weight gradient;
 * `G0`, `G1`, ... the backward of the loss that many stages ahead (interlocking schedules).
 */
export type PassKind = 'F' | 'B' | 'W' | `G${number}`;

export interface Pass {
  readonly kind: PassKind;
  readonly stage: number;
  readonly microBatch: number;
}

/**
 * A pipeline schedule as data: for each device the passes it does, in order. Stages are numbered along the model; a stage may be on several devices
 * (Chimera's two directions) and a device may have several stages (interleaving). Passes are whole numbers, see `passId`.
 */
export interface Schedule {
  readonly name: string;
  readonly devices: number;
  readonly stages: number;
  readonly microBatches: number;
  readonly kinds: readonly PassKind[];
  readonly order: readonly Uint32Array[];
}

export type ScheduleShape = Pick<Schedule, 'stages' | 'microBatches' | 'kinds'>;

/** Refuses what doesn't have the shape of a schedule. */
function requireShape(shape: ScheduleShape): void {
  requireInteger('shape.stages', requireObject('shape', shape).stages);
  requireInteger('shape.microBatches', shape.microBatches);
  requireList('shape.kinds', shape.kinds);
}

function requirePass(shape: ScheduleShape, kind: PassKind, stage: number, microBatch: number): void {
  requireShape(shape);
  requireOneOf('kind', kind, shape.kinds);
  requireInteger('stage', stage, 0);
  requireInteger('microBatch', microBatch, 0);
}

/** (kind · stages + stage) · microBatches + microBatch, kinds counted in the schedule's own list. */
export function passId(shape: ScheduleShape, kind: PassKind, stage: number, microBatch: number): number {
  requirePass(shape, kind, stage, microBatch);
  return (shape.kinds.indexOf(kind) * shape.stages + stage) * shape.microBatches + microBatch;
}

/** The pass a number stands for. */
export function passOf(shape: ScheduleShape, id: number): Pass {
  requireShape(shape);
  requireInteger('id', id, 0);
  const row = Math.floor(id / shape.microBatches);
  return { kind: shape.kinds[Math.floor(row / shape.stages)]!, stage: row % shape.stages, microBatch: id % shape.microBatches };
}

/** What has to be done before a pass: at most two other passes. */
export function passDependencies(shape: ScheduleShape, pass: Pass): Pass[] {
  const { kind, stage, microBatch } = requireObject('pass', pass);
  requirePass(shape, kind, stage, microBatch);
  const last = shape.stages - 1;
  switch (kind) {
    case 'F':
      return stage > 0 ? [{ kind: 'F', stage: stage - 1, microBatch }] : [];
    case 'B':
      return [{ kind: 'F', stage, microBatch }, ...(stage < last ? [{ kind: 'B', stage: stage + 1, microBatch } as const] : [])];
    case 'W':
      return [{ kind: 'B', stage, microBatch }];
    default: {
      const ahead = Number(kind.slice(1));
      return ahead === 0
        ? [{ kind: 'F', stage, microBatch }]
        : [
            { kind: 'F', stage, microBatch },
            { kind: `G${ahead - 1}`, stage: stage + 1, microBatch },
          ];
    }
  }
}

/** Whether a schedule of these kinds has this pass at all: the loss `ahead` stages on must exist. */
function passExists(shape: ScheduleShape, { kind, stage }: Pass): boolean {
  return !kind.startsWith('G') || stage + Number(kind.slice(1)) < shape.stages;
}

/**
 * A schedule from lists of passes, checked: every pass of every stage and micro-batch exactly once, and no deadlock is possible to hide
 * (that is found when it is simulated).
 *
 * @throws RangeError naming the pass that is missing, doubled or out of range
 * @example scheduleOf('two by hand', { stages: 1, microBatches: 1, kinds: ['F', 'B'] }, [[{ kind: 'F', stage: 0, microBatch: 0 }, { kind: 'B', stage: 0, microBatch: 0 }]])
 */
export function scheduleOf(name: string, shape: ScheduleShape, devices: readonly (readonly Pass[])[]): Schedule {
  requireText('name', name);
  requireShape(shape);
  requireList('devices', devices).forEach((passes, d) => requireList(`devices[${d}]`, passes));
  const { stages, microBatches, kinds } = shape;
  const seen = new Uint8Array(kinds.length * stages * microBatches);
  const say = (pass: Pass): string => `${pass.kind} of stage ${pass.stage}, micro-batch ${pass.microBatch}`;
  const order = devices.map((passes) =>
    Uint32Array.from(passes, (pass) => {
      if (
        !kinds.includes(pass.kind) ||
        !(pass.stage >= 0 && pass.stage < stages) ||
        !(pass.microBatch >= 0 && pass.microBatch < microBatches) ||
        !passExists(shape, pass)
      )
        throw new RangeError(
          `schedule ${JSON.stringify(name)}: ${say(pass)} isn't a pass of ${stages} stages and ${microBatches} micro-batches with kinds ${kinds.join(', ')}`,
        );
      const id = passId(shape, pass.kind, pass.stage, pass.microBatch);
      if (seen[id]!++ > 0) throw new RangeError(`schedule ${JSON.stringify(name)}: ${say(pass)} is there twice`);
      return id;
    }),
  );
  for (let id = 0; id < seen.length; id++) {
    const pass = passOf(shape, id);
    if (seen[id] === 0 && passExists(shape, pass)) throw new RangeError(`schedule ${JSON.stringify(name)}: ${say(pass)} is missing`);
  }
  return { name, devices: devices.length, stages, microBatches, kinds, order };
}

/** Refuses pipeline shapes that would need absurd memory, before any is taken. */
export function requirePipeline(devices: number, microBatches: number, passesEach: number): void {
  requireInteger('devices', devices);
  requireInteger('microBatches', microBatches);
  if (devices * microBatches * passesEach > 2 ** 28)
    throw new RangeError(
      `${devices} devices with ${microBatches} micro-batches make ${devices * microBatches * passesEach} passes, more than the ${2 ** 28} that are simulated at once; use the closed forms`,
    );
}

/** The heap has no room for what was asked: names the bytes asked for and held. The backend stays usable. */
export class HeapExhaustedError extends Error {
  override readonly name: string = 'HeapExhaustedError';
  readonly requested: number;
  readonly held: number;
  readonly limit: number;

  constructor(requested: number, held: number, limit: number) {
    super(
      `The heap is exhausted: ${requested.toLocaleString('en')} bytes asked for, ${held.toLocaleString('en')} of ` +
        `${limit.toLocaleString('en')} held. Dispose tensors (tf.tidy, tf.dispose), use smaller batches, or raise enable({ heap }).`,
    );
    this.requested = requested;
    this.held = held;
    this.limit = limit;
  }
}

/** A worker thread ended or stopped answering; results of the operation under way are not to be trusted. */
export class WorkerLostError extends Error {
  override readonly name: string = 'WorkerLostError';
  readonly reason: string;

  constructor(reason: string) {
    super(
      `A worker thread of backend 'x' was lost: ${reason}. Call disable() and enable() to start again; tensors on the backend are lost then.`,
    );
    this.reason = reason;
  }
}

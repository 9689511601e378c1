export interface Outcome {
  readonly name: string;
  readonly status: 'passed' | 'failed' | 'not run';
  /** Why it isn't run, or what differs. */
  readonly reason?: string;
}

/** A test asks for what tfjs doesn't have: it isn't run, for this reason. */
export class NotRun extends Error {
  override readonly name: string = 'NotRun';
}

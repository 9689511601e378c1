import { workerProgram } from './worker.ts';

/**
 * The worker's program as text, so that no file has to be found at run time. The build evaluates this module and ships the
 * text as it is here: a user's bundler may rewrite functions, and what it adds to them would be missing in the worker.
 */
export const workerSource: string = workerProgram.toString();

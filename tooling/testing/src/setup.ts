import { afterEach, beforeEach, expect, inject } from 'vitest';
import { watchConsole } from './console.ts';
import { matchers } from './matchers.ts';

expect.extend(matchers);

const tfjsHint = /^\s*=+\s*Hi, looks like you are running TensorFlow\.js in Node\.js/;
const allowed = [tfjsHint, ...inject('allowConsole').map(({ source, flags }) => new RegExp(source, flags))];

let watch: ReturnType<typeof watchConsole> | undefined;
beforeEach(() => {
  watch = watchConsole(console, { allowed });
});
afterEach(() => {
  watch?.stop();
});

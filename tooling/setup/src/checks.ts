export interface Check {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** It would fail for the same reason as the build. */
  readonly needsBuild?: boolean;
}

const program = (name: string, path: string, ...args: string[]): Check => ({ name, command: process.execPath, args: [path, ...args] });
const task = (name: string, turboTask: string): Check => ({
  name,
  command: 'turbo',
  needsBuild: turboTask !== 'build',
  args: ['run', turboTask, '--continue', '--output-logs=errors-only', '--log-prefix=task'],
});

/** Everything that is checked before the tests, in order. */
export const checks: readonly Check[] = [
  task('build', 'build'),
  task('types', 'types'),
  { name: 'lint', command: 'oxlint', args: ['--deny-warnings'] },
  { name: 'format', command: 'oxfmt', args: ['--check'] },
  program('structure', 'tooling/structure/src/main.ts'),
  { name: 'knip', command: 'knip', args: [] },
  task('exports', 'lint'),
  { ...program('size', 'tooling/size/src/main.ts'), needsBuild: true },
  program('tables', 'tooling/bench/src/table.ts', '--check'),
  // tfjs-core's own suite: seconds, and its list of expected failures stays exact.
  { name: 'conformance', command: 'pnpm', args: ['--filter', '@x-tooling/conformance', 'conformance'], needsBuild: true },
];

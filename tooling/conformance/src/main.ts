import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { bundleSuite } from './bundle.ts';
import { help, parseOptions, type Options } from './options.ts';
import { count, type Outcome } from './outcome.ts';
import { Progress } from './progress.ts';
import { runSuite } from './run.ts';
import { judge, regressions, type ExpectedFailures } from './verdict.ts';

const directory = new URL('../', import.meta.url);

const options = parseOptions(process.argv.slice(2));
if (options) process.exitCode = await conformance(options);
else console.log(help);

async function conformance(options: Options): Promise<number> {
  const bundle = await bundleSuite();
  try {
    const progress = new Progress(process.stderr);
    const outcomes = await runSuite(bundle, options.backend, options, progress);
    let good = report(outcomes, await expectedFailures(options), options);
    if (options.against) {
      const other = await runSuite(bundle, options.against, options, progress);
      good = compare(outcomes, other, options.against) && good;
    }
    await mkdir(new URL('out/', directory), { recursive: true });
    await writeFile(new URL(`out/${options.backend}.json`, directory), `${JSON.stringify(outcomes, undefined, 1)}\n`);
    const { passed, failed, skipped } = count(outcomes);
    if (passed + failed === 0) {
      console.log('No spec ran: no name matches --filter.');
      good = false;
    }
    console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
    return good ? 0 : 1;
  } finally {
    await rm(bundle);
  }
}

/** The list is backend x's; tfjs's own backends are only there to compare with. */
async function expectedFailures({ backend }: Options): Promise<ExpectedFailures[]> {
  if (backend !== 'x') return [];
  return JSON.parse(await readFile(new URL('expected-failures.json', directory), 'utf8')) as ExpectedFailures[];
}

function report(outcomes: readonly Outcome[], lists: readonly ExpectedFailures[], { filter, verbose }: Options): boolean {
  const { unexpected, fixed, unknown, expected } = judge(outcomes, lists, filter === undefined);
  for (const { name, messages } of unexpected) {
    console.log(`FAILED ${name}\n${messages.map((message) => indent(verbose ? message : shorten(message))).join('\n')}`);
  }
  for (const { reason, count } of expected) console.log(`${count} fail as expected: ${reason}`);
  for (const name of fixed) console.log(`PASSES NOW, take it from expected-failures.json: ${name}`);
  for (const name of unknown) console.log(`NO SUCH SPEC, take it from expected-failures.json: ${name}`);
  return unexpected.length + fixed.length + unknown.length === 0;
}

function compare(here: readonly Outcome[], there: readonly Outcome[], other: string): boolean {
  const lost = regressions(here, there);
  const { passed, failed, skipped } = count(there);
  console.log(`backend '${other}': ${passed} passed, ${failed} failed, ${skipped} skipped`);
  console.log(`${lost.length} specs pass on '${other}' but not here${lost.length > 0 ? ':' : '.'}`);
  for (const { name } of lost) console.log(`  ${name}`);
  return lost.length === 0;
}

function indent(text: string): string {
  return text.trimEnd().replaceAll(/^/gm, '    ');
}

/** The message, and of its stack the lines of the suite that matter. */
function shorten(message: string): string {
  return message.split('\n').slice(0, 3).map((line) => line.slice(0, 300)).join('\n');
}

import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { bundleSuite } from './bundle.ts';
import { help, parseOptions, type Options } from './options.ts';
import { count, type Outcome } from './outcome.ts';
import { Progress } from './progress.ts';
import { runSuite } from './run.ts';
import { judge, prune, regressions, type ExpectedFailures, type Verdict } from './verdict.ts';

const directory = new URL('../', import.meta.url);
const expectedFile = new URL('expected-failures.json', directory);

const options = parseOptions(process.argv.slice(2));
if (options) process.exitCode = await conformance(options);
else console.log(help);

async function conformance(options: Options): Promise<number> {
  const bundle = await bundleSuite();
  try {
    const progress = new Progress(process.stderr);
    const outcomes = await runSuite(bundle, options.backend, options, progress);
    const lists = await expectedFailures(options);
    const verdict = judge(outcomes, lists, options.filter === undefined);
    let good = report(verdict, options);
    if (options.prune && verdict.fixed.length + verdict.unknown.length > 0) {
      await writeFile(expectedFile, `${JSON.stringify(prune(lists, verdict), undefined, 2)}\n`);
      console.log(`Took ${verdict.fixed.length + verdict.unknown.length} specs from expected-failures.json.`);
    }
    if (options.against) {
      const other = await runSuite(bundle, options.against, options, progress);
      good = compare(outcomes, other, options.against) && good;
    }
    await mkdir(new URL('out/', directory), { recursive: true });
    if (!options.filter) await writeFile(new URL(`out/${options.backend}.json`, directory), `${JSON.stringify(outcomes, undefined, 1)}\n`);
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

/** The list is that of backend x with its own gradients; everything else is only there to compare with. */
async function expectedFailures({ backend, gradients }: Options): Promise<ExpectedFailures[]> {
  if (backend !== 'x' || gradients !== 'own') return [];
  return JSON.parse(await readFile(expectedFile, 'utf8')) as ExpectedFailures[];
}

function report({ unexpected, fixed, unknown, expected }: Verdict, { verbose }: Options): boolean {
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
  return message
    .split('\n')
    .slice(0, 3)
    .map((line) => line.slice(0, 300))
    .join('\n');
}

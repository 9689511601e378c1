// Runs ONNX's operator tests of Debian's package libonnx-testdata: pnpm onnx [--backend x|cpu] [--filter REGEX]
import { parseArgs } from 'node:util';
import { setBackend } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { enable, type Tier } from '@x/tensor';
import { judge, readExpected } from './expected.ts';
import { report } from './report.ts';
import { runTest } from './run-test.ts';
import { debianFolder, findTests } from './test-data.ts';

const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'x' },
    tier: { type: 'string' },
    filter: { type: 'string', default: '' },
    reasons: { type: 'boolean', default: false },
  },
});
const tests = findTests();
if (tests) {
  if (values.backend === 'x') await enable(values.tier ? { tier: values.tier as Tier } : {});
  else await setBackend(values.backend);
  const filter = new RegExp(values.filter);
  const outcomes = tests.filter(({ group, name }) => filter.test(`${group}/${name}`)).map(runTest);
  const verdict = judge(outcomes, readExpected(), values.filter === '');
  console.log(report(outcomes, verdict, values.reasons));
  process.exitCode = verdict.unexpected.length + verdict.fixed.length + verdict.unknown.length > 0 ? 1 : 0;
} else {
  console.log(`ONNX's operator tests are not run: there is no ${debianFolder} (Debian's package libonnx-testdata).`);
}

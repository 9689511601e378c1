import { setBackend } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { disable, enable, type Tier } from '@x/tensor';
import { describe, expect, test } from 'vitest';
import { judge, readExpected } from '../src/expected.ts';
import { report } from '../src/report.ts';
import { runTest } from '../src/run-test.ts';
import { debianFolder, findTests, type TestCase } from '../src/test-data.ts';

const tests = findTests();

describe.runIf(tests)("ONNX's operator tests", () => {
  test.each<Tier>(['wide', 'simd'])('come out on backend x, tier %s, but for those that are listed with a reason', async (tier) => {
    await enable({ tier });
    const outcomes = (tests as TestCase[]).map(runTest);
    const verdict = judge(outcomes, readExpected(), true);
    expect(verdict, report(outcomes, verdict)).toEqual({ unexpected: [], fixed: [], unknown: [] });
    expect(outcomes.filter(({ status }) => status === 'passed').length).toBeGreaterThan(800);
    await disable();
  });

  test('a result that is only nearly right fails', async () => {
    await setBackend('cpu');
    const add = (tests as TestCase[]).find(({ name }) => name === 'test_add') as TestCase;
    expect(runTest(add).status).toBe('passed');
    const dataSets: TestCase['dataSets'] = () =>
      add.dataSets().map(({ inputs, outputs }) => {
        const wrong = Uint8Array.from(outputs[0]!);
        // The last float's least but one byte: 2^-15 of it.
        wrong[wrong.length - 3]! ^= 1;
        return { inputs, outputs: [wrong] };
      });
    expect(runTest({ ...add, dataSets })).toMatchObject({
      status: 'failed',
      reason: expect.stringMatching(/^value 59 of float32\[3, 4, 5\] is /),
    });
  });
});

test.skipIf(tests)(`ONNX's operator tests are not run: there is no ${debianFolder}`, () => {
  expect(tests).toBeUndefined();
});

import { expect, test } from 'vitest';
import { instrument } from '../src/instrument.ts';

test.for([
  ['a + b; // => 3', '__observe(0, (a + b)); // => 3'],
  ['await f() // => 3', '__observe(0, (await f())); // => 3'],
  ['const y = f({\n  a,\n}); // => 3', 'const y = f({\n  a,\n}); __observe(0, y); // => 3'],
  ['console.log(a, "b"); // => 1 b', '__print(0, a, "b"); // => 1 b'],
  ['for (const a of b) { a; // => 3\n}', 'for (const a of b) { __observe(0, (a)); // => 3\n}'],
  ['f(a);\n// => 3', '__observe(0, (f(a)));\n// => 3'],
  ['if (a) b; // => 3', 'if (a) __observe(0, (b)); // => 3'],
])('%s', ([code, expected]) => {
  expect(instrument(code!).code).toBe(expected);
});

test('reports line and text of each expectation, and leaves other comments alone', () => {
  const { code, expectations } = instrument('// a => b\nx; // what\ny; //   =>  [1, 2]  ');
  expect(expectations).toEqual([{ line: 2, expected: '[1, 2]' }]);
  expect(code).toContain('x; // what');
});

test('refuses an expectation without a value, and code that does not parse', () => {
  expect(() => instrument('// => 3')).toThrow('line 1: "// => 3" follows no expression');
  expect(() => instrument('a;\n\n\n// => 3')).toThrow('line 4');
  expect(() => instrument('const [a] = b; // => 3')).toThrow('one variable only');
  expect(() => instrument('const a = 1;\nconst = 2;')).toThrow(/^line 2: /);
});

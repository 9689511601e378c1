import { random } from '../../src/index.ts';
import { bad, key, refuses } from './refuses.ts';

refuses([
  ['random.key', 'NaN', () => random.key(NaN), /key: seed is NaN, but must be a whole number at least 0/],
  ['random.key', 'a part', () => random.key(0.5), /seed is 0.5/],
  ['random.key', 'a negative', () => random.key(-1), /seed is -1/],
  ['random.split', 'no key', () => random.split(bad(3), 2), /split: key is 3, but must be a key; make one with random.key/],
  ['random.split', 'a negative', () => random.split(key, -1), /n is -1/],
  ['random.fold', 'NaN', () => random.fold(key, NaN), /data is NaN/],
  ['random.bits', 'a negative', () => random.bits(key, -1), /bits: n is -1/],
  ['random.bits', 'an offset', () => random.bits(key, 1, { offset: 2 }), /offset \/ 4 is 0.5/],
  [
    'random.uniform',
    'a negative size',
    () => random.uniform(key, [2, -1]),
    /uniform: shape is \[2, -1\], but must be an array of whole numbers, none negative/,
  ],
  ['random.uniform', 'bounds', () => random.uniform(key, [1], { min: 2, max: 1 }), /min is 2, .* at most 1/],
  ['random.uniform', 'NaN', () => random.uniform(key, [1], { max: NaN }), /max is NaN/],
  ['random.normal', 'a negative', () => random.normal(key, [1], { std: -1 }), /std is -1/],
  ['random.normal', 'no key', () => random.normal(bad(undefined), [1]), /normal: key is undefined/],
  ['random.truncatedNormal', 'a bound', () => random.truncatedNormal(key, [1], { bound: 0 }), /bound is 0/],
  ['random.rademacher', 'a shape', () => random.rademacher(key, bad(5)), /shape is 5/],
  ['random.permutation', 'NaN', () => random.permutation(key, NaN), /permutation: n is NaN/],
]);

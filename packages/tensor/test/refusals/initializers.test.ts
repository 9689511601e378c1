import { initializers } from '../../src/index.ts';
import { key, refuses } from './refuses.ts';

refuses([
  ['initializers.constant', 'NaN', () => initializers.constant(NaN), /constant: value is NaN/],
  ['initializers.normal', 'a negative', () => initializers.normal({ std: -1 }), /std is -1/],
  ['initializers.heNormal', 'a negative size', () => initializers.heNormal()([-1, 2], key), /shape is \[-1, 2\]/],
  [
    'initializers.orthogonal',
    'a rank',
    () => initializers.orthogonal()([3], key),
    /orthogonal: shape is \[3\], but must have at least two axes/,
  ],
  ['initializers.orthogonal', 'NaN', () => initializers.orthogonal({ gain: NaN }), /gain is NaN/],
  ['initializers.zeros', 'a size', () => initializers.zeros()([1.5], key), /shape is \[1.5\]/],
]);

import { accuracy, decodeSafetensors, evaluate, fit, sgd, trainStep } from '../../src/index.ts';
import { bad, net, state, refuses } from './refuses.ts';

refuses([
  [
    'trainStep',
    'no layer',
    ({ x }) => trainStep(bad({}), { x, y: x }, { optimizer: sgd(), state }),
    /trainStep: net is an object with no fields, but must be a layer/,
  ],
  ['trainStep', 'no batch', () => trainStep(net, bad(undefined), { optimizer: sgd(), state }), /a batch of batch is undefined/],
  ['trainStep', 'disposed', ({ x, gone }) => trainStep(net, { x: gone, y: x }, { optimizer: sgd(), state }), /batch.x is disposed/],
  [
    'trainStep',
    'numbers of examples',
    ({ x, b }) => trainStep(net, { x, y: b }, { optimizer: sgd(), state }),
    /batch.x has 2 examples and batch.y 4/,
  ],
  ['fit', 'no data', () => fit(net, bad(5)), /fit: data is 5/],
  ['fit', 'a negative', ({ x }) => fit(net, { x, y: x }, { epochs: -1 }), /epochs is -1/],
  ['fit', 'NaN', ({ x }) => fit(net, { x, y: x }, { batchSize: NaN }), /batchSize is NaN/],
  ['fit', 'a seed', ({ x }) => fit(net, { x, y: x }, { seed: NaN }), /seed is NaN/],
  ['fit', 'an optimizer', ({ x }) => fit(net, { x, y: x }, { optimizer: bad('sgd') }), /optimizer is "sgd"/],
  ['fit', 'numbers of examples', ({ x, b }) => fit(net, { x, y: b }), /data.x is float32\[2, 3\] and data.y is float32\[4\]/],
  [
    'fit',
    'lengths',
    () => fit(net, { x: new Uint8Array(10), y: new Uint8Array(3) }),
    /data.x is Uint8Array\(10\) and data.y is Uint8Array\(3\)/,
  ],
  ['fit', 'a shape', () => fit(net, { x: new Uint8Array(12), y: new Uint8Array(3), shape: [5] }), /examples \[5\]/],
  ['fit', 'no example', () => fit(net, { x: new Uint8Array(0), y: new Uint8Array(0) }), /holds no example/],
  ['fit', 'validation', ({ x }) => fit(net, { x, y: x }, { validation: bad({}) }), /validation is an object with no fields/],
  ['fit', 'a metric', ({ x }) => fit(net, { x, y: x }, { metrics: { loss: accuracy } }), /a metric is named 'loss'/],
  ['evaluate', 'NaN', ({ x }) => evaluate(net, { x, y: x }, { batchSize: NaN }), /batchSize is NaN/],
  ['evaluate', 'a metric', ({ x }) => evaluate(net, { x, y: x }, { metrics: { a: bad(3) } }), /metrics.a is 3/],
  [
    'evaluate',
    'half a metric',
    ({ x }) => evaluate(net, { x, y: x }, { metrics: { a: bad({ means: accuracy }) } }),
    /metrics.a.summarize is undefined/,
  ],
  ['decodeSafetensors', 'no bytes', () => decodeSafetensors(bad([1])), /bytes is \[1\], but must be a Uint8Array/],
]);

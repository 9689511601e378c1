import { clone, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { checkOptions } from '../ops/argument-kinds.ts';
import { checkNumber, describe } from '../ops/arguments.ts';
import { applyRevolving } from './apply-revolving.ts';
import { applyForgetting } from './checkpoint.ts';
import type { ApplyContext, Layer } from './layer.ts';
import { checkPart, contextOfPart, variablesOfParts } from './parts.ts';

/**
 * What of the layers' inputs is kept for the gradients, the rest being computed again.
 *
 * - `{ segments: k }`: the layers are parted into k runs of equal length, of which only the inputs are kept: memory for
 *   k and n / k inputs, at the price of one more forward pass;
 * - `'sqrt'`: as many segments as layers in each, for the least memory that has;
 * - `{ snapshots: c }`: c inputs, from which the others are computed as often as it takes, and no oftener (revolve).
 */
export type Checkpointing = 'sqrt' | { readonly segments: number } | { readonly snapshots: number };

export interface SequentialOptions {
  /** Memory for time in training. Default: everything is kept. The gradients are the same bits. */
  readonly checkpoint?: Checkpointing;
}

/** A {@link sequential} network. */
export interface SequentialLayer extends Layer {
  readonly kind: 'sequential';
  readonly layers: readonly Layer[];
}

/**
 * Layers one after another. Its variables are those of its layers under `index.name`, such as `0.weight`.
 *
 * Checkpointing: T. Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016, arXiv 1604.06174, and
 * A. Griewank, A. Walther, "Algorithm 799: Revolve", 2000.
 *
 * @throws {TypeError | RangeError} if an element is no layer, or the option is invalid.
 * @example
 * const [first, second] = random.split(random.key(0), 2);
 * const net = sequential([dense(784, 128, { activation: 'relu', key: first }), dense(128, 10, { key: second })]);
 * Object.keys(net.variables); // => ['0.weight', '0.bias', '1.weight', '1.bias']
 */
export function sequential(layers: readonly Layer[], options: SequentialOptions = {}): SequentialLayer {
  const { checkpoint } = checkOptions('sequential', options);
  if (!Array.isArray(layers)) throw new TypeError(`sequential: layers is ${describe(layers)}, but must be an array of layers.`);
  layers.forEach((layer: Layer, index) => checkPart('sequential', `layers[${index}]`, layer));
  const own = [...layers] as readonly Layer[];
  const through = checkpoint === undefined ? applyAll : forgetting(checkpoint, own.length);
  return {
    kind: 'sequential',
    layers: own,
    variables: variablesOfParts(Object.fromEntries(own.entries())),
    apply: (x, context = {}) =>
      tidy(() => {
        const values = through(
          own,
          x,
          own.map((_, index) => contextOfPart(context, index)),
        );
        return values === x ? clone(x) : values;
      }),
    outputShape: (shape) => own.reduce((sizes, layer) => layer.outputShape(sizes), shape),
    dispose: () => {
      for (const layer of own) layer.dispose();
    },
  };
}

type Through = (layers: readonly Layer[], x: Tensor, contexts: readonly ApplyContext[]) => Tensor;

const applyAll: Through = (layers, x, contexts) => {
  let values = x;
  layers.forEach((layer, index) => {
    const next = layer.apply(values, contexts[index]);
    // Not left to the end of the tidy: a deep network holds two activations, not all.
    if (values !== x && values !== next) values.dispose();
    values = next;
  });
  return values;
};

function forgetting(checkpoint: Checkpointing, count: number): Through {
  if (checkpoint !== 'sqrt' && (typeof checkpoint !== 'object' || checkpoint === null))
    throw new RangeError(`sequential: checkpoint is ${describe(checkpoint)}, but must be 'sqrt', { segments } or { snapshots }.`);
  if (checkpoint !== 'sqrt' && 'snapshots' in checkpoint) {
    const { snapshots } = checkpoint;
    checkNumber('sequential', 'checkpoint.snapshots', snapshots, { least: 1, whole: true });
    return (layers, x, contexts) => (layers.length === 0 ? x : applyRevolving(layers, x, contexts, snapshots));
  }
  const segments = checkpoint === 'sqrt' ? Math.max(1, Math.round(Math.sqrt(count))) : checkpoint.segments;
  checkNumber('sequential', 'checkpoint.segments', segments, { least: 1, whole: true });
  return (layers, x, contexts) => {
    let values = x;
    for (let segment = 0; segment < segments; segment++) {
      const [begin, end] = [Math.floor((segment * count) / segments), Math.floor(((segment + 1) * count) / segments)];
      if (begin === end) continue;
      // The last one too, though its gradients come first: tfjs would hold what it computed until all are done.
      const next = applyForgetting(layers.slice(begin, end), values, contexts.slice(begin, end));
      if (values !== x && values !== next) values.dispose();
      values = next;
    }
    return values;
  };
}

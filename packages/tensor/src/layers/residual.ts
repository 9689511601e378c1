import { add, tidy } from '@tensorflow/tfjs-core';
import { checkOptions } from '../ops/argument-kinds.ts';
import { describe } from '../ops/arguments.ts';
import { needGradients } from '../ops/kernel.ts';
import type { Layer } from './layer.ts';
import { checkPart, checkParts, contextOfPart, variablesOfParts } from './parts.ts';
import { sequential } from './sequential.ts';

export interface ResidualOptions {
  /** What x goes through on its way past the inner layer, such as a convolution that changes its shape. Default: nothing. */
  readonly shortcut?: Layer;
}

/**
 * A layer with a way around it: y = shortcut(x) + inner(x), or x + inner(x).
 *
 * Its variables are those of the inner layer under `inner.name` and of the shortcut under `shortcut.name`.
 *
 * K. He et al., "Deep Residual Learning for Image Recognition", 2015, arXiv 1512.03385.
 *
 * @param inner A layer, or an array of layers one after another.
 * @throws {TypeError} if an argument is no layer; in use {RangeError} if the two ways give different shapes.
 * @example
 * const block = residual([layerNormLayer(128), attention(128, { heads: 8, key })]);
 */
export function residual(inner: Layer | readonly Layer[], options: ResidualOptions = {}): Layer {
  const { shortcut } = checkOptions('residual', options);
  const body = Array.isArray(inner) ? sequential(inner as readonly Layer[]) : (inner as Layer);
  checkPart('residual', 'inner', body);
  if (shortcut !== undefined) checkPart('residual', 'shortcut', shortcut);
  const parts: Record<string, Layer> = shortcut ? { inner: body, shortcut } : { inner: body };
  return {
    kind: 'residual',
    variables: variablesOfParts(parts),
    parts,
    withParts: (others) => {
      checkParts('residual', others, Object.keys(parts));
      const { inner: otherInner, shortcut: otherShortcut } = others as { inner: Layer; shortcut?: Layer };
      return residual(otherInner, otherShortcut ? { shortcut: otherShortcut } : {});
    },
    apply: (x, context = {}) => {
      needGradients();
      return tidy(() => {
        const past = shortcut ? shortcut.apply(x, contextOfPart(context, 1)) : x;
        const through = body.apply(x, contextOfPart(context, 0));
        if (through.shape.length !== past.shape.length || through.shape.some((size, axis) => size !== past.shape[axis]))
          throw new RangeError(
            `residual: the inner layer gives ${describe(through)}, but beside it passes ${describe(past)}, and both shapes must be the same; give a shortcut that changes it.`,
          );
        return add(past, through);
      });
    },
    outputShape: (shape) => {
      const through = body.outputShape(shape);
      const past = shortcut ? shortcut.outputShape(shape) : shape;
      if (through.length !== past.length || through.some((size, axis) => size !== null && past[axis] !== null && size !== past[axis]))
        throw new RangeError(`residual: the shapes [${through.join(', ')}] and [${past.join(', ')}] must be the same; give a shortcut.`);
      return through;
    },
    dispose: () => {
      for (const part of Object.values(parts)) part.dispose();
    },
  };
}

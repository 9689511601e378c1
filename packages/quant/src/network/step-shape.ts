import type { Shape } from '@x/tensor';
import { show } from '../validation.ts';
import type { NetworkStep } from './quantized-step.ts';
import { withParts } from './run-step.ts';
import type { Windows } from './steps.ts';

/** Shape of what steps give of a shape. */
export function shapeAfterSteps(steps: readonly NetworkStep[], shape: Shape): Shape {
  return steps.reduce(shapeAfter, shape);
}

function shapeAfter(shape: Shape, step: NetworkStep): Shape {
  switch (step.kind) {
    case 'float':
      return step.layer.outputShape(shape);
    case 'quantizedSparse':
      return [...shape.slice(0, -1), step.matrix.rows];
    case 'composite':
      return withParts(step.layer, step.parts, (_, x) => x, shapeAfterSteps).outputShape(shape);
    case 'flatten': {
      const [batch = null, ...sizes] = shape;
      return [batch, sizes.includes(null) ? null : (sizes as number[]).reduce((product, size) => product * size, 1)];
    }
    case 'reshape':
      return [shape[0] ?? null, ...step.shape];
    case 'pool':
      return step.windows ? windowedShape(shape, step.windows, [1, 1], shape.at(-1) ?? null) : [shape[0] ?? null, shape.at(-1) ?? null];
    default: {
      const [inputs, units] =
        step.kind === 'quantized' ? step.weight.shape : [step.weight.shape[0] as number, step.weight.shape[1] as number];
      if (step.windows) {
        const filters = step.kind === 'quantized' ? units : filtersOf(step.weight.shape, step.windows);
        return windowedShape(shape, step.windows, step.windows.dilation, filters);
      }
      if (shape.length === 0 || (shape.at(-1) !== null && shape.at(-1) !== inputs))
        throw new RangeError(`quantized.outputShape: the shape ${show([...shape])} must end in ${inputs} at layer ${step.name}.`);
      return [...shape.slice(0, -1), units];
    }
  }
}

function filtersOf([, , channels = 1, last = 1]: readonly number[], { depthwise }: Windows): number {
  return depthwise ? channels * last : last;
}

/** [batch, height, width, channels] to [batch, rows, columns, outputs]. */
function windowedShape(
  shape: Shape,
  { window, strides, padding }: Pick<Windows, 'window' | 'strides' | 'padding'>,
  dilation: readonly [number, number],
  outputs: number | null,
): Shape {
  const [batch = null, height = null, width = null] = shape;
  const along = (size: number | null, axis: 0 | 1): number | null => {
    if (size === null) return null;
    if (padding === 'same') return Math.ceil(size / strides[axis]);
    const margin = padding === 'valid' ? 0 : 2 * padding;
    return Math.floor((size + margin - (window[axis] - 1) * dilation[axis] - 1) / strides[axis]) + 1;
  };
  return [batch, along(height, 0), along(width, 1), outputs];
}

import { broadcast, product, type Shape } from '../../graph/shape.ts';
import type { OnnxNode } from './onnx-graph.ts';

/** A value of the graph while it is followed: its shape, its whole numbers where they are known (shapes are computed in ONNX graphs), and of weights the bits they are stored in. */
export interface Followed {
  readonly shape: Shape;
  readonly values?: readonly number[] | undefined;
  readonly bits?: number | undefined;
}

/** Longer lists of whole numbers aren't shapes, and are followed no further. */
const mostValues = 4096;

const place = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => Math.trunc(a / b),
};

/**
 * The output of nodes that only rearrange what they are given, or compute shapes; undefined for all others.
 *
 * @param fail says what is wrong and doesn't return
 */
export function rearranged(
  node: OnnxNode,
  inputs: readonly (Followed | undefined)[],
  fail: (reason: string) => never,
): Followed[] | undefined {
  const { op, attributes } = node;
  const [x, second] = inputs;
  const needed = (): Followed => x ?? fail('its first input isn’t known');
  const axes = (at = 1): readonly number[] | undefined => attributes.lists.axes ?? inputs[at]?.values;
  const axis = (fallback: number): number => attributes.integers.axis ?? fallback;
  switch (op) {
    case 'Constant': {
      const tensor = attributes.tensors.value;
      if (tensor) return [{ shape: tensor.shape, values: tensor.values }];
      const { value_int: one } = attributes.integers;
      const many = attributes.lists.value_ints;
      return [one !== undefined ? { shape: [], values: [one] } : many ? { shape: [many.length], values: many } : { shape: [] }];
    }
    case 'Shape': {
      const { shape } = needed();
      return [{ shape: [shape.length], values: shape }];
    }
    case 'Size': {
      const { shape } = needed();
      return [{ shape: [], values: [product(shape)] }];
    }
    case 'ConstantOfShape':
      return [{ shape: needed().values ?? fail('its shape isn’t known') }];
    case 'Identity':
    case 'Cast':
    case 'CastLike':
    case 'Dropout':
    case 'QuantizeLinear':
    case 'DequantizeLinear':
      return [needed()];
    case 'Flatten': {
      const { shape } = needed();
      const at = place(axis(1), shape.length);
      return [{ shape: [product(shape.slice(0, at)), product(shape.slice(at))] }];
    }
    case 'Reshape': {
      const { shape, values } = needed();
      const wanted = second?.values ?? attributes.lists.shape ?? fail('its new shape isn’t known');
      const sizes = wanted.map((size, i) => (size === 0 && !attributes.integers.allowzero ? shape[i]! : size));
      const known = sizes.filter((size) => size !== -1).reduce((a, b) => a * b, 1);
      const result = sizes.map((size) => (size === -1 ? product(shape) / known : size));
      if (product(result) !== product(shape)) fail(`reshapes [${shape.join(', ')}] to [${wanted.join(', ')}], which has other elements`);
      return [{ shape: result, values }];
    }
    case 'Squeeze': {
      const { shape, values } = needed();
      const which = axes()?.map((a) => place(a, shape.length));
      return [{ shape: shape.filter((size, i) => (which ? !which.includes(i) : size !== 1)), values }];
    }
    case 'Unsqueeze': {
      const { shape, values } = needed();
      const given = axes() ?? fail('its axes aren’t known');
      const result = [...shape];
      for (const at of given.map((a) => place(a, shape.length + given.length)).toSorted((a, b) => a - b)) result.splice(at, 0, 1);
      return [{ shape: result, values }];
    }
    case 'Transpose': {
      const { shape } = needed();
      const order = attributes.lists.perm ?? shape.map((_, i) => shape.length - 1 - i);
      return [{ shape: order.map((from) => shape[from]!), bits: x!.bits }];
    }
    case 'Concat': {
      const shapes = inputs.map((input) => input?.shape ?? fail('an input isn’t known'));
      if (shapes.length === 0) fail('joins nothing');
      const at = place(axis(0), shapes[0]!.length);
      const count = inputs.reduce((sum, input) => sum + (input?.values?.length ?? Infinity), 0);
      const values = count <= mostValues ? inputs.flatMap((input) => input!.values!) : undefined;
      return [{ shape: shapes[0]!.map((size, i) => (i === at ? shapes.reduce((sum, s) => sum + s[i]!, 0) : size)), values }];
    }
    case 'Slice': {
      const { shape, values } = needed();
      const starts = second?.values ?? attributes.lists.starts;
      const ends = inputs[2]?.values ?? attributes.lists.ends;
      if (!starts || !ends) return fail('its starts and ends aren’t known');
      const which = axes(3) ?? starts.map((_, i) => i);
      const steps = inputs[4]?.values ?? starts.map(() => 1);
      const result = [...shape];
      // Backwards the bounds are one further down.
      const from = (size: number, bound: number, back: number): number =>
        Math.min(Math.max(bound < 0 ? bound + size : bound, -back), size - back);
      let kept = shape.length === 1 ? values : undefined;
      which.forEach((a, n) => {
        const at = place(a, shape.length);
        const step = steps[n] || fail(`has a step of ${steps[n]}`);
        const [size, back] = [shape[at]!, step < 0 ? 1 : 0];
        const [begin, end] = [from(size, starts[n]!, back), from(size, ends[n]!, back)];
        const count = Math.max(0, Math.ceil((end - begin) / step));
        result[at] = count;
        kept &&= Array.from({ length: count }, (_, i) => values![begin + i * step]!);
      });
      return [{ shape: result, values: kept }];
    }
    case 'Split': {
      const { shape } = needed();
      const at = place(axis(0), shape.length);
      const parts = second?.values ?? attributes.lists.split ?? node.outputs.map(() => Math.ceil(shape[at]! / node.outputs.length));
      return node.outputs.map((_, i) => ({ shape: shape.map((size, a) => (a === at ? parts[i]! : size)) }));
    }
    case 'Expand': {
      const wanted = second?.values ?? fail('its new shape isn’t known');
      return [{ shape: broadcast([needed().shape, wanted]) ?? fail('its shapes don’t broadcast') }];
    }
    case 'Pad': {
      const { shape } = needed();
      const pads = second?.values ?? attributes.lists.pads ?? fail('its pads aren’t known');
      return [{ shape: shape.map((size, i) => size + (pads[i] ?? 0) + (pads[i + shape.length] ?? 0)) }];
    }
    case 'Add':
    case 'Sub':
    case 'Mul':
    case 'Div': {
      // Shapes are computed with few numbers; everything else is work.
      if (!x?.values || !second?.values) return undefined;
      const [a, b] = [x.values, second.values];
      const shape = broadcast([x.shape, second.shape]) ?? fail('its shapes don’t broadcast');
      if (product(shape) > mostValues) return undefined;
      const compute = arithmetic[op]!;
      return [{ shape, values: Array.from({ length: product(shape) }, (_, i) => compute(a[i % a.length]!, b[i % b.length]!)) }];
    }
    case 'Gather': {
      const { shape, values } = needed();
      if (!values || !second?.values) return undefined;
      const taken = second.values.map((i) => values[place(i, shape[0]!)]!);
      return [{ shape: second.shape, values: taken }];
    }
    default:
      return undefined;
  }
}

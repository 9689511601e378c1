import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { read, refuse, type Attributes, type Operators } from '../operator.ts';

function resize(x: Tensor, scales: readonly number[] | undefined, sizes: readonly number[] | undefined, a: Attributes): Tensor {
  if (x.rank !== 4) return refuse('a resize of other than images');
  const out = sizes ?? x.shape.map((size, axis) => Math.floor(size * scales![axis]!));
  if (out[0] !== x.shape[0] || out[1] !== x.shape[1]) return refuse('a resize of batch or channels');
  const mode = a.text('mode', 'nearest');
  const place = a.text('coordinate_transformation_mode', a.version < 11 ? 'asymmetric' : 'half_pixel');
  // tfjs takes the factor from the sizes.
  if (scales && scales.some((scale, axis) => Math.abs(out[axis]! / x.shape[axis]! - scale) > 1e-6))
    return refuse('a resize by another factor than that of the sizes');
  const image = tf.transpose(x, [0, 2, 3, 1]) as tf.Tensor4D;
  const size: [number, number] = [out[2]!, out[3]!];
  const [corners, half] = [place === 'align_corners', place === 'half_pixel'];
  if (!corners && !half && place !== 'asymmetric') return refuse(`a resize by ${place}`);
  if (mode === 'linear') return tf.transpose(tf.image.resizeBilinear(image, size, corners, half), [0, 3, 1, 2]);
  if (mode !== 'nearest') return refuse(`a resize by ${mode}`);
  // tfjs rounds half up where corners are aligned, and down elsewhere, halves of pixels included.
  const rounding = a.text('nearest_mode', a.version < 11 ? 'floor' : 'round_prefer_floor');
  if (place === 'asymmetric' && rounding === 'floor')
    return tf.transpose(tf.image.resizeNearestNeighbor(image, size, false, false), [0, 3, 1, 2]);
  return refuse(`a resize by ${place} with ${rounding}`);
}

export const images: Operators = {
  NonMaxSuppression: ([boxes, scores, most, overlap, least], a) => {
    if (a.number('center_point_box', 0)) return refuse('boxes by their centers');
    const [batches, classes] = scores!.shape as [number, number, number];
    const count = most ? read(most)[0]! : 0;
    const [iou, score] = [overlap ? read(overlap)[0]! : 0, least ? read(least)[0]! : -Infinity];
    const rows: number[] = [];
    for (let batch = 0; batch < batches; batch++)
      for (let each = 0; each < classes; each++) {
        const own = tf.reshape(tf.slice(boxes!, [batch, 0, 0], [1, -1, 4]), [-1, 4]) as tf.Tensor2D;
        const points = tf.reshape(tf.slice(scores!, [batch, each, 0], [1, 1, -1]), [-1]) as tf.Tensor1D;
        for (const index of read(tf.image.nonMaxSuppression(own, points, count, iou, score))) rows.push(batch, each, index);
      }
    return tf.tensor2d(Int32Array.from(rows), [rows.length / 3, 3], 'int32');
  },
  Resize: ([x, , scales, sizes], a) => {
    const factors = scales && scales.size > 0 ? read(scales) : undefined;
    return resize(x!, factors, sizes ? read(sizes) : undefined, a);
  },
  Upsample: ([x, scales], a) => resize(x!, scales ? read(scales) : a.numbers('scales'), undefined, a),
};

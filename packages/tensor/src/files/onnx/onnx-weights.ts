import { describe } from '../../ops/arguments.ts';
import type { RawTensor } from '../raw-tensor.ts';
import { OnnxError } from './onnx-error.ts';
import { decodeOnnxModel } from './onnx-model.ts';

/**
 * The weights in the bytes of an ONNX model: the initializers of its graph by name, as they are stored. {@link rawToTensor} makes
 * tensors of them.
 *
 * @throws {OnnxError} if the bytes are no model, a name stands twice, or a tensor can't be read (see {@link decodeOnnxTensor}).
 * @example
 * const weights = decodeOnnxWeights(await readFile('model.onnx'));
 * const kernel = rawToTensor(weights['conv1.weight']);
 */
export function decodeOnnxWeights(bytes: Uint8Array): Record<string, RawTensor> {
  if (!(bytes instanceof Uint8Array)) throw new TypeError(`decodeOnnxWeights: bytes is ${describe(bytes)}, but must be a Uint8Array.`);
  const weights = Object.create(null) as Record<string, RawTensor>;
  for (const { name, read } of decodeOnnxModel(bytes).graph.initializers) {
    if (Object.hasOwn(weights, name)) throw new OnnxError('DuplicateName', `Two initializers are called '${name}'.`);
    weights[name] = read();
  }
  return weights;
}

import { io } from '@tensorflow/tfjs-core';
import { packRaw } from '@x/tensor';
import { checkOptions } from '@x/tensor/arguments';
import { roundHalfEven } from '../arithmetic/rounding.ts';
import { checkChoice, checkNumber, checkObject, show } from '../validation.ts';

export interface QuantizeArtifactsOptions {
  /** What float weights are stored as. Default `uint8`. */
  readonly dtype?: 'uint8' | 'uint16' | 'float16';
  /** Of which weights, by name; others stay as they are. Default: of all in float32. */
  readonly include?: (name: string) => boolean;
}

/**
 * A tfjs model with its weights in fewer bits: q = round((w - min) / scale), scale = (largest - least) / (2^bits - 1), with min moved so that 0
 * stays 0; or float16. It is half or a quarter of the bytes to download, and computes as before: tfjs makes floats of them when it loads.
 *
 * @param artifacts What `model.save(tf.io.withSaveHandler(...))` gives; layers-models and graph-models. It is left as it is.
 * @throws {TypeError | RangeError} if there are no weights, their bytes don't fit their list, they are quantized already or not finite, or beyond
 *   float16's range.
 * @example
 * await model.save(tf.io.withSaveHandler(async (artifacts) => {
 *   for (const [name, bytes] of Object.entries(tfjsFiles(quantizeArtifacts(artifacts)))) await writeFile(name, bytes);
 *   return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
 * }));
 *
 * As `--quantize_uint8` and its like of the converter tensorflowjs, weight by weight.
 */
export function quantizeArtifacts(artifacts: io.ModelArtifacts, options: QuantizeArtifactsOptions = {}): io.ModelArtifacts {
  const { dtype = 'uint8', include = () => true } = checkOptions('quantizeArtifacts', options);
  checkObject('quantizeArtifacts', 'artifacts', artifacts);
  const where = 'quantizeArtifacts';
  checkChoice(where, 'dtype', dtype, ['uint8', 'uint16', 'float16']);
  const { specs, data } = weightsOf(where, artifacts);
  const parts: Uint8Array[] = [];
  let at = 0;
  const weightSpecs = specs.map((spec): io.WeightsManifestEntry => {
    if (spec.quantization) throw new TypeError(`${where}: weight '${spec.name}' is quantized already; start from the float model.`);
    const bytes = bytesOf(where, spec, data, at);
    at += bytes.length;
    if (spec.dtype !== 'float32' || !include(spec.name)) {
      parts.push(bytes);
      return spec;
    }
    const values = new Float32Array(bytes.slice().buffer);
    const odd = values.findIndex((value) => !Number.isFinite(value));
    if (odd >= 0)
      throw new RangeError(
        `${where}: weight '${spec.name}' has ${values[odd]} at ${odd}, which can't be quantized; leave it out by include.`,
      );
    const { quantization, codes } = dtype === 'float16' ? halves(where, spec.name, values) : integers(values, dtype);
    parts.push(codes);
    return { ...spec, quantization };
  });
  if (at !== data.length) throw new RangeError(`${where}: weightData has ${data.length} bytes, but the list of weights takes ${at}.`);
  return { ...artifacts, weightSpecs, weightData: joined(parts).buffer };
}

/** A shard of weights is at most this, as browsers' caches like it and the converter makes them. */
const SHARD = 4 * 2 ** 20;

/**
 * The files of a tfjs model, by name: `model.json` and the shards that it lists.
 *
 * @throws {TypeError | RangeError} if there are no weights, or their bytes don't fit their list.
 */
export function tfjsFiles(artifacts: io.ModelArtifacts): Record<string, Uint8Array<ArrayBuffer>> {
  checkObject('tfjsFiles', 'artifacts', artifacts);
  const where = 'tfjsFiles';
  const { specs, data } = weightsOf(where, artifacts);
  const needed = specs.reduce((sum, spec) => sum + bytesOf(where, spec, data, sum).length, 0);
  if (needed !== data.length)
    throw new RangeError(`${where}: weightData has ${data.length} bytes, but the list of weights takes ${needed}.`);
  const count = Math.max(Math.ceil(data.length / SHARD), 1);
  const shards = Array.from({ length: count }, (_, index): [string, Uint8Array<ArrayBuffer>] => [
    `group1-shard${index + 1}of${count}.bin`,
    data.slice(index * SHARD, (index + 1) * SHARD),
  ]);
  const { weightSpecs: _, weightData: __, ...rest } = artifacts;
  const weightsManifest = [{ paths: shards.map(([name]) => name), weights: specs }];
  const model = new TextEncoder().encode(JSON.stringify({ format: 'layers-model', ...rest, weightsManifest }));
  return { 'model.json': model, ...Object.fromEntries(shards) };
}

function weightsOf(
  where: string,
  artifacts: io.ModelArtifacts,
): { readonly specs: readonly io.WeightsManifestEntry[]; readonly data: Uint8Array<ArrayBuffer> } {
  const { weightSpecs, weightData } = artifacts ?? {};
  if (!Array.isArray(weightSpecs) || weightData === undefined)
    throw new TypeError(
      `${where}: artifacts is ${show(artifacts)}, but must have weightSpecs and weightData, as model.save(tf.io.withSaveHandler(...)) gives them.`,
    );
  return { specs: weightSpecs, data: new Uint8Array(io.CompositeArrayBuffer.join(weightData as ArrayBuffer)) };
}

const widths: Readonly<Record<string, number>> = { float32: 4, int32: 4, bool: 1, complex64: 8, uint8: 1, uint16: 2, float16: 2 };

function bytesOf(where: string, { name, shape, dtype, quantization }: io.WeightsManifestEntry, data: Uint8Array, at: number): Uint8Array {
  const width = widths[quantization?.dtype ?? dtype];
  if (width === undefined)
    throw new TypeError(
      `${where}: weight '${name}' is of dtype ${show(dtype)}, which has no fixed width; models with it can't be written here.`,
    );
  const length = shape.reduce((product, size) => product * size, width);
  checkNumber(where, `the end of weight '${name}'`, at + length, {
    most: data.length,
    whole: true,
    remedy: 'The bytes are not all there.',
  });
  return data.subarray(at, at + length);
}

interface Coded {
  readonly quantization: NonNullable<io.WeightsManifestEntry['quantization']>;
  readonly codes: Uint8Array;
}

function halves(where: string, name: string, values: Float32Array<ArrayBuffer>): Coded {
  const codes = packRaw('F16', [values.length], values).bytes;
  const infinite = values.findIndex((value) => Math.abs(value) >= 65520);
  if (infinite >= 0)
    throw new RangeError(
      `${where}: weight '${name}' has ${values[infinite]}, beyond float16's 65504; store it as uint16, or leave it out by include.`,
    );
  return { quantization: { dtype: 'float16' } as Coded['quantization'], codes };
}

function integers(values: Float32Array, dtype: 'uint8' | 'uint16'): Coded {
  const most = dtype === 'uint8' ? 255 : 65_535;
  let [least, largest] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < least) least = value;
    if (value > largest) largest = value;
  }
  const codes = dtype === 'uint8' ? new Uint8Array(values.length) : new Uint16Array(values.length);
  // Equal values are all 0 above the least.
  if (!(largest > least)) return { quantization: { dtype, scale: 1, min: values.length > 0 ? least : 0 }, codes: bytesIn(codes) };
  const scale = (largest - least) / most;
  const min = least <= 0 && largest >= 0 ? -roundHalfEven(-least / scale) * scale : least;
  values.forEach((value, index) => (codes[index] = Math.min(Math.max(roundHalfEven((value - min) / scale), 0), most)));
  return { quantization: { dtype, scale, min }, codes: bytesIn(codes) };
}

function bytesIn(array: Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
  return all;
}

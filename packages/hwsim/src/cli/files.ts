import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readTfjsGraphModel } from '../models/tfjs-graph-model.ts';
import { readTfjsModel } from '../models/tfjs-model.ts';
import { readTopologyCsv } from '../models/topology-csv.ts';
import { pipedreamGraph } from '../models/pipedream-profile.ts';
import { readOnnxModel } from '../models/onnx/onnx-model.ts';
import { transformerGraph } from '../models/transformer-graph.ts';
import type { LayerGraph } from '../graph/layer.ts';
import { readHardware, type Hardware } from '../hardware/hardware.ts';
import { hardware, hardwareLibrary } from '../hardware/library.ts';
import { ParseError } from '../parse-error.ts';
import { readCalculonModel } from '../training/transformer.ts';

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new ParseError(path, 0, `can't be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
  }
}

export function readText(path: string): string {
  return readBytes(path).toString('utf8');
}

/** @throws ParseError with the line at which JSON ends to be JSON */
export function readJson(path: string): unknown {
  const text = readText(path);
  try {
    return JSON.parse(text);
  } catch (error) {
    const { message } = error as Error;
    const position = /position (\d+)/.exec(message);
    const line = position ? text.slice(0, Number(position[1])).split('\n').length : text.split('\n').length;
    throw new ParseError(path, line, message);
  }
}

/** Any model file: ONNX, a tfjs or a Calculon JSON, a PipeDream profile, a SCALE-Sim topology; for one sample, with layers of the default precision. */
export function readModel(path: string): LayerGraph {
  const name = basename(path);
  const named = (graph: LayerGraph): LayerGraph => ({ ...graph, name });
  if (path.endsWith('.onnx')) return named(readOnnxModel(readBytes(path), { name: path }));
  if (path.endsWith('.json')) {
    const json = readJson(path);
    if (typeof json === 'object' && json !== null && 'attn_heads' in json)
      return refusedWith(path, () => transformerGraph(readCalculonModel(json), { name }));
    if (isGraphModel(json)) return named(readTfjsGraphModel(json, { name: path, weights: shardsOf(json, dirname(path)) }));
    return named(readTfjsModel(json, { name: path }));
  }
  if (!/\.(csv|txt)$/.test(path))
    throw new ParseError(path, 0, "isn't a model file: give .onnx, .json, .txt (PipeDream) or .csv (SCALE-Sim)");
  if (path.endsWith('.txt')) return named(pipedreamGraph(readText(path), { name: path }));
  const graph = readTopologyCsv(readText(path), { name: path });
  return {
    name,
    layers: graph.layers.map(({ name: layer, operation, weights }) => ({
      name: layer,
      operation,
      ...(weights?.density && { weights: { density: weights.density } }),
    })),
  };
}

function isGraphModel(json: unknown): json is { weightsManifest?: { paths?: string[] }[] } {
  return Array.isArray((json as { modelTopology?: { node?: unknown } } | null)?.modelTopology?.node);
}

/** The files of a model's weights beside it, one after another. */
function shardsOf({ weightsManifest = [] }: { weightsManifest?: { paths?: string[] }[] }, folder: string): Uint8Array {
  return Buffer.concat(weightsManifest.flatMap(({ paths = [] }) => paths.map((path) => readBytes(join(folder, path)))));
}

/** Says which file a value is wrong in. */
export function refusedWith<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof ParseError) throw error;
    throw new ParseError(path, 0, (error as Error).message);
  }
}

/** A chip of the library, or one described in a JSON file. */
export function readChip(nameOrPath: string): Hardware {
  if (hardwareLibrary.some((chip) => chip.name === nameOrPath) || !nameOrPath.endsWith('.json')) return hardware(nameOrPath);
  const json = readJson(nameOrPath);
  return refusedWith(nameOrPath, () => readHardware(json));
}

/** Writes files into a folder and says so. */
export function writeFiles(folder: string, files: Readonly<Record<string, string>>, say: (line: string) => void): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text);
    say(`wrote ${join(folder, name)}`);
  }
}

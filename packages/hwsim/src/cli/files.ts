import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readTfjsModel } from '../graph/tfjs-model.ts';
import { readTopologyCsv } from '../graph/topology-csv.ts';
import type { LayerGraph } from '../graph/layer.ts';
import { readHardware, type Hardware } from '../hardware/hardware.ts';
import { hardware, hardwareLibrary } from '../hardware/library.ts';
import { ParseError } from '../parse-error.ts';

export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ParseError(path, 0, `can't be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
  }
}

export function readJson(path: string): unknown {
  const text = readText(path);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ParseError(path, 0, (error as Error).message);
  }
}

/** A tfjs `model.json`, or a SCALE-Sim topology with layers of the default precision, for `batch` samples. */
export function readModel(path: string, batch: number): LayerGraph {
  if (path.endsWith('.json')) return { ...readTfjsModel(readJson(path), { batch, name: path }), name: basename(path) };
  const graph = readTopologyCsv(readText(path), { name: path });
  return {
    name: basename(path),
    layers: graph.layers.map(({ name, operation, weights }) => ({
      name,
      operation:
        operation.type === 'conv'
          ? { ...operation, batch }
          : operation.type === 'gemm'
            ? { ...operation, m: operation.m * batch }
            : operation,
      ...(weights?.density && { weights: { bits: weights.bits, density: weights.density } }),
    })),
  };
}

/** A chip of the library, or one described in a JSON file. */
export function readChip(nameOrPath: string): Hardware {
  if (hardwareLibrary.some((chip) => chip.name === nameOrPath) || !nameOrPath.endsWith('.json')) return hardware(nameOrPath);
  return readHardware(readJson(nameOrPath));
}

/** Writes files into a folder and says so. */
export function writeFiles(folder: string, files: Readonly<Record<string, string>>, say: (line: string) => void): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text);
    say(`wrote ${join(folder, name)}`);
  }
}

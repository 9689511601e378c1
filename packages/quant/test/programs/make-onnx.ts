/**
 * Writes golden/onnx.json: what ONNX's reference evaluator computes from our models. node --conditions=@x/source make-onnx.ts <python>
 * (python with the packages onnx and numpy).
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { enable } from '@x/tensor';
import { toOnnx } from '../../src/onnx.ts';
import { onnxNetworks } from '../golden/onnx-networks.ts';

const program = `
import json, sys, numpy as np, onnx
from onnx.reference import ReferenceEvaluator
folder = sys.argv[1]
x = np.frombuffer(open(folder + '/x.bin', 'rb').read(), np.float32).reshape(5, 4, 8)
out = {'madeBy': 'packages/quant/test/programs/make-onnx.ts', 'onnx': onnx.__version__, 'outputs': {}}
for name in json.load(open(folder + '/names.json')):
    model = onnx.load(f'{folder}/{name}.onnx')
    onnx.checker.check_model(model, full_check=True)
    out['outputs'][name] = [float(v) for v in ReferenceEvaluator(model).run(None, {'x': x})[0].reshape(-1)]
json.dump(out, open(folder + '/onnx.json', 'w'), separators=(',', ':'))
`;
await (await enable()).load('quant');
const { networks, x } = await onnxNetworks();
const folder = mkdtempSync(join(tmpdir(), 'onnx-'));
writeFileSync(join(folder, 'x.bin'), new Uint8Array((x.dataSync() as Float32Array).slice().buffer));
writeFileSync(join(folder, 'names.json'), JSON.stringify(Object.keys(networks)));
for (const [name, q] of Object.entries(networks)) writeFileSync(join(folder, `${name}.onnx`), toOnnx(q, { inputShape: [4, 8] }));
execFileSync(process.argv[2] ?? 'python3', ['-c', program, folder], { stdio: 'inherit' });
writeFileSync(new URL('../golden/onnx.json', import.meta.url), `${readFileSync(join(folder, 'onnx.json'), 'utf8')}\n`);
process.exit(0);

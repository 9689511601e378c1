import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** PyTorch in a process of its own, that does one thing for each line it reads. */
export interface Torch {
  /** Multiplies two random matrices of this size. */
  matmul(size: number): Promise<void>;
  /** One training step of the MLP 784-1024-1024-10, batch 128, SGD. */
  step(): Promise<void>;
  /** One training step of the convolutional network of bench/cnn.ts. */
  cnn(): Promise<void>;
  /** One training step of the character transformer of bench/transformer.ts. */
  transformer(): Promise<void>;
  /** Attention of so many heads of a length and depth, forward and backward. */
  attention(heads: number, length: number, depth: number): Promise<void>;
  /** Looks so many rows up in a table, forward and backward. */
  embedding(rows: number, width: number, ids: number): Promise<void>;
  stop(): void;
}

/** Starts PyTorch with so many threads, or says that there is none here. */
export async function startTorch(threads: number): Promise<Torch | undefined> {
  const count = String(threads);
  const child = spawn('/usr/bin/python3', [new URL('torch_peer.py', import.meta.url).pathname, count], {
    env: { ...process.env, OPENBLAS_NUM_THREADS: count, OMP_NUM_THREADS: count, OMP_WAIT_POLICY: 'passive' },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const waiting: ((line: string) => void)[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.(line));
  const line = (): Promise<string> => new Promise((resolve) => waiting.push(resolve));
  const ended = new Promise<string>((resolve) => {
    child.on('error', () => resolve('absent'));
    child.on('exit', () => resolve('absent'));
  });
  if ((await Promise.race([line(), ended])) !== 'ready') {
    console.warn("PyTorch isn't here: apt-get install python3-torch libopenblas0-pthread brings it.\n");
    return undefined;
  }
  const ask = async (request: string): Promise<void> => {
    const done = line();
    child.stdin.write(`${request}\n`);
    if ((await Promise.race([done, ended])) !== 'done') throw new Error(`PyTorch failed at: ${request}`);
  };
  return {
    matmul: (size) => ask(`matmul ${size}`),
    step: () => ask('step'),
    cnn: () => ask('cnn'),
    transformer: () => ask('transformer'),
    attention: (heads, length, depth) => ask(`attention ${heads} ${length} ${depth}`),
    embedding: (rows, width, ids) => ask(`embedding ${rows} ${width} ${ids}`),
    stop: () => void child.kill(),
  };
}

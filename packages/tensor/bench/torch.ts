import { startPythonPeer } from '@x-tooling/bench';

/** PyTorch in a process of its own. */
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
  const peer = await startPythonPeer(new URL('torch_peer.py', import.meta.url), threads);
  if (!peer) {
    console.warn("PyTorch isn't here: apt-get install python3-torch libopenblas0-pthread brings it.\n");
    return undefined;
  }
  const { ask, stop } = peer;
  return {
    matmul: (size) => ask(`matmul ${size}`),
    step: () => ask('step'),
    cnn: () => ask('cnn'),
    transformer: () => ask('transformer'),
    attention: (heads, length, depth) => ask(`attention ${heads} ${length} ${depth}`),
    embedding: (rows, width, ids) => ask(`embedding ${rows} ${width} ${ids}`),
    stop,
  };
}

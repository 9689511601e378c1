import type { EnableOptions, Runtime } from '@x/tensor';
import type { ModelName } from './model-names.ts';

/** What the backend runs on. */
export type Machine = Pick<Runtime, 'backend' | 'tier' | 'threads' | 'limits'>;

export interface DataFacts {
  readonly classes: readonly string[];
  readonly height: number;
  readonly width: number;
  readonly trainImages: number;
  readonly testImages: number;
}

export interface NetworkFacts {
  readonly model: ModelName;
  readonly parameters: number;
}

export interface RunOptions {
  readonly model: ModelName;
  readonly batch: number;
  readonly epochs: number;
  /** The highest of the schedule. */
  readonly learningRate: number;
  /** Of the first weights and the order of the images. */
  readonly seed: number;
}

export type RunEvent =
  | {
      readonly type: 'step';
      readonly step: number;
      readonly steps: number;
      readonly epoch: number;
      readonly epochs: number;
      /** The mean over the batches since the last such event. */
      readonly loss: number;
      readonly imagesPerSecond: number;
    }
  | { readonly type: 'test'; readonly step: number; readonly loss: number; readonly accuracy: number; readonly images: number }
  | { readonly type: 'end' | 'stopped' }
  | { readonly type: 'failed'; readonly reason: string };

/** What the page asks of the thread that trains. */
export interface Trainer {
  /** Loads the data from the address of their folder. */
  load(base: string, onProgress: (fraction: number) => void): Promise<DataFacts>;
  /** Starts the backend, or starts it anew when it is to run on something else; the network is lost then. */
  enable(options: Pick<EnableOptions, 'threads' | 'tier'>): Promise<Machine>;
  /** Makes a network and begins to train it; events come until `end`, `stopped` or `failed`. */
  begin(options: RunOptions, onEvent: (event: RunEvent) => void): Promise<NetworkFacts>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Ends training; the network stays as it is. */
  stop(): Promise<void>;
  /** Probabilities of the classes for grey values 0 to 255. */
  predict(pixels: Uint8Array): Promise<number[]>;
  testImage(index: number): Promise<{ pixels: Uint8Array<ArrayBuffer>; label: number }>;
  /** The network as a safetensors file. */
  save(): Promise<Uint8Array<ArrayBuffer>>;
  /** The network of such a file, with its accuracy on the test images. */
  restore(bytes: Uint8Array): Promise<NetworkFacts & { accuracy: number }>;
}

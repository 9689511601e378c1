import * as tf from '@tensorflow/tfjs-core';
import {
  accuracy,
  assignVariables,
  decodeSafetensors,
  disable,
  enable,
  encodeSafetensors,
  evaluate,
  fit,
  type EnableOptions,
  type Layer,
  type Runtime,
} from '@x/tensor';
import { fetchFashionMnist, type FashionMnist } from './fashion-mnist.ts';
import { examplesOf, firstImages, normalize } from './images.ts';
import { modelNames, type ModelName } from './model-names.ts';
import { models } from './models.ts';
import type { DataFacts, Machine, NetworkFacts, RunEvent, RunOptions, Trainer } from './protocol.ts';
import { optimizerFor } from './recipe.ts';

/** The live test takes this many of the test images, every so many milliseconds; each epoch ends with all of them. */
const LIVE_TEST_IMAGES = 1000;
const LIVE_TEST_MS = 1500;
/** Events that the page gets a second: more than a screen shows would only keep it busy. */
const REPORT_MS = 100;

/** What trains: holds the data, the network and the backend, in whatever thread it was made in. */
export function createTrainer(): Trainer {
  let data: FashionMnist | undefined;
  let current: { readonly net: Layer; readonly model: ModelName } | undefined;
  let runtime: Runtime | undefined;
  let asked = '';
  /** Resolves when training may go on; there only while it is paused. */
  let paused: { readonly over: Promise<void>; readonly end: () => void } | undefined;
  let stopped = false;
  let running: Promise<void> = Promise.resolve();

  async function use({ threads, tier }: EnableOptions): Promise<Runtime> {
    const wanted = JSON.stringify([threads, tier]);
    if (runtime && wanted === asked) return runtime;
    current?.net.dispose();
    current = undefined;
    await disable();
    tf.enableProdMode();
    runtime = await enable({ ...(threads !== undefined && { threads }), ...(tier !== undefined && { tier }) });
    asked = wanted;
    return runtime;
  }

  function loaded(): FashionMnist {
    if (!data) throw new Error('Fashion-MNIST is not loaded.');
    return data;
  }

  function make(model: ModelName, seed: number): Layer {
    const { height, width, classes } = loaded();
    return models[model].network({ height, width }, classes.length, seed);
  }

  function replace(model: ModelName, net: Layer): NetworkFacts {
    current?.net.dispose();
    current = { net, model };
    return { model, parameters: Object.values(net.variables).reduce((sum, { size }) => sum + size, 0) };
  }

  async function train(net: Layer, options: RunOptions, onEvent: (event: RunEvent) => void): Promise<void> {
    const { train: all, test, height, width } = loaded();
    const { batch, epochs, learningRate, model, seed } = options;
    const shape = models[model].inputShape({ height, width });
    const sample = examplesOf(firstImages(test, LIVE_TEST_IMAGES), shape);
    const steps = epochs * Math.ceil(all.count / batch);
    let lastTest = performance.now();
    let lastReport = 0;
    let losses: number[] = [];
    for await (const event of fit(net, examplesOf(all, shape), {
      optimizer: optimizerFor(steps, learningRate),
      epochs,
      batchSize: batch,
      seed,
      metrics: { accuracy },
      validation: examplesOf(test, shape),
    })) {
      if (stopped) break;
      if (event.type === 'step') {
        const now = performance.now();
        losses.push(event.loss);
        if (now - lastReport >= REPORT_MS || event.step === steps) {
          lastReport = now;
          const { step, epoch, examplesPerSecond } = event;
          const loss = losses.reduce((sum, value) => sum + value, 0) / losses.length;
          losses = [];
          onEvent({ type: 'step', step, steps, epoch, epochs, loss, imagesPerSecond: examplesPerSecond });
        }
        if (now - lastTest >= LIVE_TEST_MS) {
          const { loss, metrics } = await evaluate(net, sample, { metrics: { accuracy } });
          onEvent({ type: 'test', step: event.step, loss, accuracy: metrics['accuracy']!, images: LIVE_TEST_IMAGES });
          lastTest = performance.now();
        }
      } else if (event.type === 'epoch') {
        const { step, validation } = event;
        onEvent({ type: 'test', step, loss: validation!.loss, accuracy: validation!.metrics['accuracy']!, images: test.count });
      }
      if (paused) await paused.over;
      if (stopped) break;
    }
  }

  const resume = (): void => {
    paused?.end();
    paused = undefined;
  };

  const stop = async (): Promise<void> => {
    stopped = true;
    resume();
    await running;
  };

  return {
    async load(base, onProgress): Promise<DataFacts> {
      data ??= await fetchFashionMnist(new URL(base), onProgress);
      const { classes, height, width, train: all, test } = data;
      return { classes, height, width, trainImages: all.count, testImages: test.count };
    },

    async enable(options): Promise<Machine> {
      await stop();
      const { tier, threads, limits, backend } = await use(options);
      return { backend, tier, threads, limits };
    },

    async begin(options, onEvent): Promise<NetworkFacts> {
      await stop();
      const net = make(options.model, options.seed);
      const facts = replace(options.model, net);
      stopped = false;
      running = train(net, options, onEvent).then(
        () => onEvent({ type: stopped ? 'stopped' : 'end' }),
        (error: unknown) => onEvent({ type: 'failed', reason: String(error) }),
      );
      return facts;
    },

    async pause(): Promise<void> {
      if (paused) return;
      let end = (): void => {};
      const over = new Promise<void>((resolve) => (end = resolve));
      paused = { over, end };
    },

    async resume(): Promise<void> {
      resume();
    },

    stop,

    async predict(pixels): Promise<number[]> {
      if (!current) throw new Error('There is no network yet: train one or load one.');
      const { net, model } = current;
      const { height, width } = loaded();
      const probabilities = tf.tidy(() =>
        tf.softmax(net.apply(normalize(tf.tensor(Float32Array.from(pixels), [1, ...models[model].inputShape({ height, width })])))),
      );
      const values = await probabilities.data();
      probabilities.dispose();
      return [...values];
    },

    async testImage(index): Promise<{ pixels: Uint8Array<ArrayBuffer>; label: number }> {
      const { test, height, width } = loaded();
      const size = height * width;
      const at = index % test.count;
      return { pixels: test.images.slice(at * size, (at + 1) * size), label: test.labels[at]! };
    },

    async save(): Promise<Uint8Array<ArrayBuffer>> {
      if (!current) throw new Error('There is no network yet: train one or load one.');
      return encodeSafetensors(current.net.variables, { metadata: { model: current.model } });
    },

    async restore(bytes): Promise<NetworkFacts & { accuracy: number }> {
      await stop();
      const { tensors, metadata } = decodeSafetensors(bytes);
      try {
        const model = metadata['model'] as ModelName;
        if (!modelNames.includes(model))
          throw new Error(
            `The file's metadata name the model ${JSON.stringify(model)}; this page saves and loads ${modelNames.join(', ')}.`,
          );
        const net = make(model, 0);
        try {
          assignVariables(net.variables, tensors);
        } catch (error) {
          net.dispose();
          throw error;
        }
        const { test, height, width } = loaded();
        const { metrics } = await evaluate(net, examplesOf(test, models[model].inputShape({ height, width })), { metrics: { accuracy } });
        return { ...replace(model, net), accuracy: metrics['accuracy']! };
      } finally {
        tf.dispose(tensors);
      }
    },
  };
}

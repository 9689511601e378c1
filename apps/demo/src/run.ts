import * as tf from '@tensorflow/tfjs-core';
import { loadFashionMnist } from '@x-tooling/datasets';
import { disable, enable, random } from '@x/tensor';
import { topologyTensors } from '@x/sparse';
import { compareBackends } from './comparison.ts';
import { fewerBits } from './fewer-bits.ts';
import { prepareDirectory, writeResults, type ResultFiles } from './files.ts';
import { byteSize, count, percent, threeFigures, whole } from './format.ts';
import { firstImages } from './images.ts';
import { machineOf } from './machine.ts';
import { modelOf, type Model } from './models.ts';
import type { DemoOptions } from './options.ts';
import { predict } from './predictions.ts';
import { recipe } from './recipe.ts';
import { imageUri } from './report/image-uri.ts';
import type { Report } from './report/report.ts';
import { compareWithDense, type InputLinks } from './sparse-comparison.ts';
import { inputLinks, withRigl } from './sparse-network.ts';
import { profileStep } from './step-profile.ts';
import type { Terminal } from './terminal.ts';
import { train, type TrainingResult } from './training.ts';

/** Wrongly classified images in the report. */
const SHOWN_MISTAKES = 24;

/** The whole job, from the data to the report. */
export async function run(options: DemoOptions, terminal: Terminal, signal: AbortSignal): Promise<ResultFiles> {
  const began = performance.now();
  await prepareDirectory(options.out);
  // Quiet, and without the checks that tfjs makes for developers.
  tf.enableProdMode();
  const { threads, tier, seed, epochs } = options;
  const runtime = await enable({ ...(threads ? { threads } : {}), ...(tier ? { tier } : {}) });
  await runtime.load('quant');
  const machine = machineOf(runtime);
  terminal.fact('Machine', `${machine.processor}, ${count(machine.cores, 'core')}, Node ${machine.node}`);
  terminal.fact('Backend', `x, tier ${machine.tier}, ${count(machine.threads, 'thread')}`);
  for (const limit of machine.limits) terminal.fact('', `not more: ${limit}`);

  let source = '';
  const data = await loadFashionMnist({
    signal,
    onProgress: (progress) => {
      source = progress.source;
      terminal.loading(progress);
    },
  });
  const training = firstImages(data.train, options.trainExamples);
  terminal.fact('Data', `Fashion-MNIST from ${source}: ${whole(training.count)} training and ${whole(data.test.count)} test images`);
  const model = modelOf(options.model, { height: data.height, width: data.width, classes: data.classes.length });
  if (model.dense) await runtime.load('sparse');
  const net = model.make(random.key(seed));
  const parameters = Object.values(net.variables).reduce((sum, { size }) => sum + size, 0);
  terminal.fact('Network', `${options.model}, ${model.layers}, ${whole(parameters)} parameters`);
  terminal.fact('Training', `${recipe.optimizer}, ${count(epochs, 'epoch')}, batch ${options.batch}, seed ${seed}`);

  // Before training, never beside it: both want all cores.
  const comparison =
    options.compare && model.sizes
      ? await compareBackends(data.train, {
          sizes: model.sizes,
          seed,
          signal,
          onBackend: (backend, fraction) => terminal.busy(`comparing: backend ${backend}`, fraction),
        })
      : undefined;
  if (options.compare && !model.sizes)
    terminal.fact('Compared', "with nothing: tfjs's wasm backend can't train convolutions, and its cpu backend takes minutes for a step");
  if (comparison) {
    terminal.heading(`One tfjs program, unchanged, on three backends: a training step of ${comparison.batch} images`);
    terminal.comparison(comparison);
  }
  const profile = await profileStep(runtime, training, { make: () => model.make(random.key(seed)), batch: options.batch });

  /** The dense network of a sparse one's sizes, by the same recipe. */
  const trainDense = async ({ make }: Model): Promise<TrainingResult> => {
    terminal.heading('The dense network of the same sizes, by the same recipe');
    terminal.epochHeader();
    const dense = make(random.key(seed));
    try {
      const common = { epochs, batch: options.batch, seed, signal };
      return await train(dense, training, data.test, { ...common, onStep: terminal.step, onEpoch: terminal.epoch });
    } finally {
      dense.dispose();
    }
  };
  try {
    terminal.heading('Training: mean loss and accuracy on the training batches, accuracy on the test images');
    terminal.epochHeader();
    const { batch } = options;
    const links: InputLinks[] = model.dense ? [{ epoch: 0, links: inputLinks(net) }] : [];
    const result = await train(net, training, data.test, {
      epochs,
      batch,
      seed,
      signal,
      ...(model.dense ? { around: (optimizer, steps) => withRigl(net, optimizer, steps, seed) } : {}),
      onStep: terminal.step,
      onEpoch: (epoch) => {
        if (model.dense) links.push({ epoch: epoch.epoch, links: inputLinks(net) });
        terminal.epoch(epoch);
      },
    });
    const beside = model.dense ? compareWithDense(net, model.sizes ?? [], result, await trainDense(model.dense), links) : undefined;
    if (beside) terminal.sparse(beside);
    const { accuracy, confusion, mistakes } = predict(net, data.test, data.classes.length);
    terminal.busy('in fewer bits', 0);
    const fewer = await fewerBits(net, training, data.test, data.classes.length);
    const surestMistakes = mistakes.slice(0, SHOWN_MISTAKES);
    const report: Report = {
      date: new Date().toISOString(),
      options,
      machine,
      data: {
        name: 'Fashion-MNIST',
        source,
        trainExamples: training.count,
        testExamples: data.test.count,
        classes: data.classes,
      },
      network: { layers: model.layers, parameters },
      recipe,
      ...(comparison ? { comparison } : {}),
      training: result,
      ...(beside ? { sparse: beside } : {}),
      test: { accuracy, loss: result.epochs.at(-1)!.testLoss, confusion, mistakes: mistakes.length, surestMistakes },
      fewerBits: fewer,
      profile,
      heapBytes: runtime.memory().size,
      seconds: (performance.now() - began) / 1000,
    };
    signal.throwIfAborted();
    const mistakeImages = surestMistakes.map(({ image }) => imageUri(data.test, image, data));
    const places = model.dense ? topologyTensors(net) : {};
    const files = await writeResults(options.out, report, { tensors: { ...net.variables, ...places }, mistakeImages });
    tf.dispose(places);
    terminal.heading(
      `Test accuracy ${percent(accuracy)}; trained in ${result.seconds.toFixed(1)} s, ` +
        `${whole((training.count * epochs) / result.seconds)} images/s; ${report.seconds.toFixed(1)} s in all`,
    );
    terminal.line(
      `In fewer bits: ${fewer.formats
        .map(
          ({ scheme, accuracy, bytes, microsecondsPerImage }) =>
            `${scheme} ${percent(accuracy)}, ${byteSize(bytes)}, ${threeFigures(microsecondsPerImage)} µs an image`,
        )
        .join('; ')}`,
    );
    terminal.line('');
    terminal.fact('Report', files.html);
    terminal.fact('Numbers', files.json);
    terminal.fact('Network', files.model);
    return files;
  } finally {
    net.dispose();
    await disable();
  }
}

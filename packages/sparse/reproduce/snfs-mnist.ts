/**
 * Sparse momentum (SNFS) on MNIST's LeNet-300-100 at several densities: test error beside the published one.
 *
 *   pnpm --filter @x/sparse reproduce:snfs-mnist [--directory ../shared/data/mnist] [--densities 5,1,2,8] [--seeds 1] [--epochs 100] [--minutes 60]
 *
 * As the authors' program: 54,000 training images, batches of 100, rate 0.1 with Nesterov's momentum 0.9, divided by 10
 * every 25,000 steps, penalty 5e-4, each layer at the same density at first, half of the links replaced after the first
 * epoch and fewer along a cosine. Runs in results/snfs-mnist.json are not done again.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { enable, random, sequential, sgd } from '@x/tensor';
import { loadMnist } from '@x-tooling/datasets';
import { snfs, sparseLayers, sparseLinear, withTopology } from '../src/index.ts';
import { images, mnistGrey, trainOnImages } from './images.ts';
import { openJournal } from './journal.ts';
import { deviation, mean } from './statistics.ts';

const { values: options } = parseArgs({
  options: {
    directory: { type: 'string', default: fileURLToPath(new URL('../../../../shared/data/mnist', import.meta.url)) },
    densities: { type: 'string', default: '5,1,2,8' },
    seeds: { type: 'string', default: '1' },
    epochs: { type: 'string', default: '100' },
    minutes: { type: 'string', default: '60' },
  },
});
/** Test error in percent by density in percent. */
const published: Readonly<Record<string, number>> = { 1: 2.36, 2: 1.99, 5: 1.53, 8: 1.447 };
const SIZES = [784, 300, 100, 10] as const;

interface Result {
  readonly error: number;
  /** Links of each layer at the end. */
  readonly links: readonly number[];
}

const epochs = Number(options.epochs);
const runtime = await enable({ threads: 1 });
await runtime.load('sparse');
const data = await loadMnist({ directory: options.directory });
const train = images(data.train, 0, 54_000, mnistGrey);
const test = images(data.test, 0, 10_000, mnistGrey);
const journal = openJournal<Result>('snfs-mnist', runtime, Number(options.minutes));
const nameOf = (density: string, seed: number): string => `density ${density} %, ${epochs} epochs, seed ${seed}`;
const densities = options.densities.split(',');
const seeds = Array.from({ length: Number(options.seeds) }, (_, seed) => seed);

for (const seed of seeds)
  for (const percent of densities) {
    await journal.add(nameOf(percent, seed), () => {
      const [forNet, forTopology, forOrder] = random.split(random.key(seed), 3);
      const density = Number(percent) / 100;
      const net = sequential(
        SIZES.slice(1).map((units, index) =>
          sparseLinear(SIZES[index]!, units, {
            density,
            room: index === 0 ? Math.min(1, 2 * density) : 1,
            activation: index === 2 ? 'linear' : 'relu',
            key: random.fold(forNet, index),
          }),
        ),
      );
      const plain = sgd({
        learningRate: (step) => 0.1 * 0.1 ** Math.floor(step / 25_000),
        momentum: 0.9,
        nesterov: true,
        weightDecay: 5e-4,
      });
      const optimizer = withTopology(net, snfs({ every: 540, until: epochs * 540 }), plain, { key: forTopology });
      const errors = trainOnImages(net, train, test, { optimizer, epochs, batch: 100, key: forOrder });
      const links = sparseLayers(net).map(({ layer }) => layer.pattern.nonZeros);
      net.dispose();
      return Promise.resolve({ error: errors.at(-1)!, links });
    });
  }
for (const density of densities) {
  const errors = seeds.flatMap((seed) => journal.runs.get(nameOf(density, seed))?.result.error ?? []).map((error) => 100 * error);
  if (errors.length > 0)
    console.log(
      `density ${density.padStart(3)} %: published ${published[density] ?? '?'}, ours ${mean(errors).toFixed(2)} ± ${deviation(errors).toFixed(2)} (${errors.length} seeds)`,
    );
}
process.exit(0);

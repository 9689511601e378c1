import { escape } from 'html-escaper';
import { byteSize, count, percent, threeFigures, whole } from '../format.ts';
import type { SparseComparison } from '../sparse-comparison.ts';
import type { TrainingResult } from '../training.ts';
import { besideChart, degreeChart } from './charts.ts';
import { linksUri } from './links-uri.ts';
import { table } from './tables.ts';

/** Pictures of the inputs' links, so many at most. */
const PICTURES = 8;

/** The sections of a report that show a sparse network beside the dense one. */
export function sparseSections(
  comparison: SparseComparison,
  training: TrainingResult,
  section: (title: string, content: string) => string,
  legend: (first: string, second: string) => string,
): string {
  const { sparse, dense, denseTraining, degrees } = comparison;
  return [
    section(
      'Sparse beside dense',
      `${costTable(comparison)}<p class="note">Trained on the same images in the same order for as many epochs by the same recipe, the sparse one first. Operations are multiplications and additions by RigL’s formulas; bytes are those of the variables and, where sparse, of where they are.</p>`,
    ),
    '<div class="columns">',
    section('Test accuracy of both', legend(sparse.name, dense.name) + besideChart(training.epochs, denseTraining.epochs)),
    ...degrees.map(({ name, inDegrees }) => section(`Links that reach a unit of ${escape(name)}`, degreeChart(inDegrees))),
    '</div>',
    section('Links that leave each pixel', pictures(comparison)),
  ].join('\n');
}

function costTable({ sparse, dense }: SparseComparison): string {
  const ratio = (of: (network: typeof sparse) => number): string => `${threeFigures(of(dense) / of(sparse))} ×`;
  const millions = (flops: number): string => `${threeFigures(flops / 1e6)} M`;
  return table(
    [
      ['network', 'words'],
      ['test accuracy'],
      ['seconds of training'],
      ['operations to train on an image'],
      ['operations to classify one'],
      ['bytes'],
    ],
    [
      ...[sparse, dense].map(({ name, testAccuracy, seconds, trainingFlops, inferenceFlops, bytes }) => [
        name,
        percent(testAccuracy),
        seconds.toFixed(1),
        millions(trainingFlops),
        millions(inferenceFlops),
        byteSize(bytes),
      ]),
      [
        'dense takes',
        '',
        ratio(({ seconds }) => seconds),
        ratio(({ trainingFlops }) => trainingFlops),
        ratio(({ inferenceFlops }) => inferenceFlops),
        ratio(({ bytes }) => bytes),
      ],
    ],
  );
}

function pictures({ inputLinks }: SparseComparison): string {
  const side = Math.sqrt(inputLinks[0]!.links.length);
  const most = Math.max(...inputLinks.flatMap(({ links }) => links));
  const last = inputLinks.length - 1;
  const shown = [
    ...new Set(
      Array.from({ length: Math.min(PICTURES, last + 1) }, (_, i, all = Math.min(PICTURES, last + 1)) =>
        all === 1 ? 0 : Math.round((i * last) / (all - 1)),
      ),
    ),
  ];
  const figures = shown.map((index) => {
    const { epoch, links } = inputLinks[index]!;
    const name = epoch === 0 ? 'at first' : `epoch ${epoch}`;
    const uri = linksUri(links, most, { width: side, height: side });
    return `<figure><img src="${uri}" width="112" height="112" alt="links of each pixel, ${name}"><figcaption>${name}</figcaption></figure>`;
  });
  const mean = (links: readonly number[]): number => links.reduce((sum, value) => sum + value, 0) / links.length;
  const end = inputLinks[last]!.links;
  const inside = end.filter((_, pixel) => isCentral(pixel, side));
  const outside = end.filter((_, pixel) => !isCentral(pixel, side));
  return `<div class="gallery">${figures.join('')}</div><p class="note">How many of the first hidden layer’s links leave each of the ${whole(side * side)} pixels, white for ${count(most, 'link')}. Nobody tells the network where the images are: at the end a pixel of the middle half has ${mean(inside).toFixed(1)} links, one outside it ${mean(outside).toFixed(1)}.</p>`;
}

/** Whether a pixel is within the middle half of the sides. */
function isCentral(pixel: number, side: number): boolean {
  return [Math.floor(pixel / side), pixel % side].every((at) => at >= side / 4 && at < (3 * side) / 4);
}

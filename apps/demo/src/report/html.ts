import { escape } from 'html-escaper';
import { byteSize, count, percent, threeFigures, whole } from '../format.ts';
import { accuracyChart, backendChart, bitsChart, lossChart, throughputChart } from './charts.ts';
import { sparseSections } from './sparse.ts';
import { style } from './style.ts';
import type { Report } from './report.ts';
import { backendTable, classTable, epochTable, formatTable, kernelTable, optionTable } from './tables.ts';

/** The report as one page that needs nothing else: no script, no other file. `mistakeImages` belong to `surestMistakes`, one each. */
export function renderHtml(report: Report, mistakeImages: readonly string[]): string {
  const { comparison, training, test, profile, data, network } = report;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escape(`${data.name}: ${percent(test.accuracy)}`)}</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>A network trained on ${escape(data.name)}</h1>
<p>${escape(subtitle(report))}</p>
</header>
${summary(report)}
${report.sparse ? sparseSections(report.sparse, training, section, legend) : ''}
<div class="columns">
${section('Loss', legend('training batches', 'test images') + lossChart(training))}
${section('Accuracy', legend('training batches', 'test images') + accuracyChart(training.epochs))}
${section('Throughput of training', throughputChart(training.epochs))}
${section(
  'Accuracy against bits',
  `${bitsChart(report.fewerBits, test.accuracy)}<p class="note">Weights of linear layers and convolutions, and what they get, in so many bits, without further training; the line is float.</p>`,
)}
${
  comparison
    ? section(
        'The same program on three backends',
        `${backendChart(comparison.backends)}<p class="note">An unchanged tfjs program, one training step of ${comparison.batch} images by SGD, measured in this run before training. ` +
          `Losses of the same first steps differ by at most ${Math.max(...comparison.backends.map(({ lossDifference }) => lossDifference)).toExponential(1)}.</p>`,
      )
    : ''
}
</div>
${comparison ? section('Backends in numbers', backendTable(comparison)) : ''}
${section(
  'In fewer bits',
  `${formatTable(report.fewerBits)}<p class="note">The trained network, quantized by <code>quantize</code> of @x/quant; bytes are those of weights, steps and biases, times medians of batches of a thousand images. Sparse layers have int8 only.</p>`,
)}
${section(
  'Where the time of a step goes',
  `${kernelTable(profile)}<p class="note">The fastest of ${profile.steps} training steps of ${count(profile.batch, 'image')} by the recipe below, on ${count(report.machine.threads, 'thread')}. GFLOP/s are given for kernels whose operations have a count.</p>`,
)}
${section('Classes', `${classTable(data.classes, test.confusion)}<p class="note">Rows are what the image is, columns what the network took it for; counts of the ${whole(data.testExamples)} test images.</p>`)}
${section('Surest mistakes', mistakes(report, mistakeImages))}
${section('Epochs', epochTable(training.epochs))}
${section('This run', optionTable(report))}
<footer>The same numbers are in report.json; the network of ${whole(network.parameters)} parameters is in model.safetensors. Heap of the backend: ${byteSize(report.heapBytes)}.</footer>
</body>
</html>
`;
}

function subtitle({ network, machine, date }: Report): string {
  return `Network ${network.layers}, backend x (tier ${machine.tier}, ${count(machine.threads, 'thread')}), ${date.slice(0, 10)}`;
}

function summary({ test, training, comparison, seconds, data }: Report): string {
  const speed = (data.trainExamples * training.epochs.length) / training.seconds;
  const wasm = comparison?.backends.find(({ backend }) => backend === 'wasm');
  const items = [
    [percent(test.accuracy), 'test accuracy'],
    [`${training.seconds.toFixed(1)} s`, `training, ${count(training.epochs.length, 'epoch')}`],
    [whole(speed), 'training images per second'],
    ...(wasm ? [[`${threeFigures(wasm.ratio)} ×`, 'as fast as tfjs wasm']] : []),
    [`${seconds.toFixed(1)} s`, 'whole run'],
  ] as const;
  return `<dl class="summary">${items.map(([value, label]) => `<div><dt>${label}</dt><dd>${value}</dd></div>`).join('')}</dl>`;
}

function section(title: string, content: string): string {
  return `<section><h2>${escape(title)}</h2>${content}</section>`;
}

function legend(first: string, second: string): string {
  return `<p class="legend"><span class="first">${escape(first)}</span> <span class="second">${escape(second)}</span></p>`;
}

function mistakes({ test, data }: Report, images: readonly string[]): string {
  const figures = test.surestMistakes.map(({ image, label, predicted, probability }, index) => {
    const [is, taken] = [escape(data.classes[label]!), escape(data.classes[predicted]!)];
    return `<figure><img src="${images[index]!}" width="84" height="84" alt="test image ${image}, ${is}"><figcaption>${is}<br><em>${taken}</em> ${Math.round(probability * 100)} %</figcaption></figure>`;
  });
  return `<div class="gallery">${figures.join('')}</div><p class="note">Of ${count(test.mistakes, 'mistake')} those of which the network was surest: what the image is, and in italics what the network took it for and how sure it was.</p>`;
}

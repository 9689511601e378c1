// Measured training steps of many machines against simulate, nothing fitted to them: node --conditions=@x/source reproduce/simulated-steps.ts
import { a100, allReduceTime, fitModel, gemmTime, simulate, transformerGraph, type Hardware } from '../src/index.ts';
import { measuredAllReduces, measuredGemms, measuredSteps } from './measurements.ts';

function errors(chip: Hardware): number[] {
  return measuredSteps().map(({ row, value }) => {
    const { hidden, heads, layers, sequence, batch, microBatch, tensor, data, pipeline } = row;
    const model = transformerGraph({ hidden, feedforward: 4 * hidden, sequence, heads, headSize: hidden / heads, blocks: layers });
    const { time } = simulate({
      model,
      hardware: { ...chip, chips: tensor * data * pipeline },
      precision: 'f16',
      training: { batch, microBatches: batch / data / microBatch, parallel: { tensor, data, pipeline }, recompute: 'full' },
    });
    return time / value - 1;
  });
}

const sheet = a100();
const [arithmetic, memory, overhead] = fitModel(
  gemmTime({ peak: sheet.peak.f16!, bandwidth: sheet.memory.bandwidth }),
  measuredGemms(),
).parameters;
const [, bus] = fitModel(allReduceTime(8), measuredAllReduces('a100', 8)).parameters;
const reached = { peak: arithmetic!, memory: memory!, link: bus! / sheet.link!.bandwidth };
for (const [what, chip] of [
  ['data sheet', sheet],
  [
    `reached ${Object.entries(reached)
      .map(([figure, share]) => `${figure} ${share.toFixed(3)}`)
      .join(', ')}, overhead ${(overhead! * 1e6).toFixed(0)} µs, fitted to 20 matrix products and 11 all-reduces`,
    { ...sheet, reached, overhead: overhead! },
  ],
] as const) {
  const all = errors(chip);
  const mean = all.reduce((sum, error) => sum + error, 0) / all.length;
  const absolute = all.reduce((sum, error) => sum + Math.abs(error), 0) / all.length;
  console.log(
    `${what}: ${all.length} steps, mean error ${(100 * absolute).toFixed(1)} %, bias ${(100 * mean).toFixed(1)} %, from ${(100 * Math.min(...all)).toFixed(0)} to ${(100 * Math.max(...all)).toFixed(0)} %`,
  );
}

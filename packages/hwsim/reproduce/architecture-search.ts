// Searches on NAS-Bench-Macro, mean of 50 seeds, and the Pareto front of accuracy and time: node --conditions=@x/source reproduce/architecture-search.ts <nas_bench_macro_cifar10.csv> [chip]
import { readFileSync } from 'node:fs';
import {
  computeFormat,
  evolveArchitectures,
  expectedRandomBest,
  hardware,
  paretoFront,
  randomArchitectures,
  readArchitectureTable,
  reinforceArchitectures,
  type Architecture,
} from '../src/index.ts';

const [file, chipName = 'phone'] = process.argv.slice(2);
if (file === undefined) throw new Error('give the table');
const table = readArchitectureTable(readFileSync(file, 'utf8'), { name: file });
const best = table.all.reduce((a, b) => (b.accuracy > a.accuracy ? b : a));
console.log(`best of ${table.all.length}: ${best.choices.join('')} ${best.accuracy} %`);
for (const evaluations of [50, 100, 200, 400]) {
  const mean = (search: typeof randomArchitectures): string =>
    (
      Array.from({ length: 50 }, (_, seed) => search(table, { evaluations, seed: seed + 1 }).reward).reduce((a, b) => a + b, 0) / 50
    ).toFixed(3);
  console.log(
    `${evaluations} look-ups: random ${mean(randomArchitectures)} (expected ${expectedRandomBest(table, evaluations).toFixed(3)}), evolution ${mean(evolveArchitectures)}, REINFORCE ${mean(reinforceArchitectures)}`,
  );
}
const chip = hardware(chipName);
const { peak } = computeFormat(chip, 'f32');
// The table gives multiply-adds and parameters, so the whole network is one point under the roof; operation counts are two a multiply-add.
const seconds = (a: Architecture): number =>
  Math.max((2 * a.operations) / peak, (4 * a.parameters) / chip.memory.bandwidth) + (chip.overhead ?? 0);
const front = paretoFront(table.all, [(a) => a.accuracy, (a) => -seconds(a)]).toSorted((a, b) => seconds(a) - seconds(b));
console.log(`Pareto front of accuracy and roofline time on ${chip.name}: ${front.length} networks`);
for (const a of front) console.log(`  ${a.choices.join('')} ${a.accuracy.toFixed(2)} % ${(seconds(a) * 1e6).toFixed(1)} µs`);

// Measured tables against fitted models: node --conditions=@x/source reproduce/predictive.ts
import { crossValidate, fitModel, tileStreamModel, weightRooflineBound } from '../src/index.ts';
import { outcomes } from './measurements.ts';
import { tpuApplications, tpuUnit } from './tpu-applications.ts';

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

for (const { what, rows, parameters, fitted, heldOut } of outcomes())
  console.log(
    `${what}: ${rows} rows, ${Object.keys(parameters).length} parameters; mean error ${(100 * fitted).toFixed(2)} % on the fitted rows, ${(100 * heldOut).toFixed(2)} % held out (5 folds)\n  ${Object.entries(
      parameters,
    )
      .map(([name, value]) => `${name} ${value.toPrecision(4)}`)
      .join(', ')}`,
  );

const applications = tpuApplications();
const model = tileStreamModel(tpuUnit);
const { parameters, error: fitted } = fitModel(model, applications);
const { rows: heldOut, error } = crossValidate(model, applications, { folds: applications.length });
console.log(
  `TPUv1’s six applications, clock cycles against the hardware counters: 1 parameter (waiting ${parameters[0]!.toFixed(3)}); mean error ${percent(fitted)} on the fitted rows, ${percent(error)} with each left out of its fit; the paper’s own model, which knows the layers, ${percent(mean(applications.map((a) => a.paperError)))}`,
);
for (const { row, value, predicted } of heldOut) {
  const { name, macs, tops, paperError } = applications.find((a) => a.row === row)!;
  // What the counters alone say of the rate, without a model: the paper measured the two in different runs.
  const ofCounters = (2 * macs * tpuUnit.clock) / value / 1e12;
  const ofModel = (2 * macs * tpuUnit.clock) / predicted / 1e12;
  console.log(
    `  ${name}: ${Math.round(predicted)} of ${Math.round(value)} cycles, ${percent(predicted / value - 1)} (paper’s ${percent(paperError)}); ${ofModel.toFixed(2)} Top/s, by counters ${ofCounters.toFixed(2)}, stated ${tops}`,
  );
}
const rateError = (of: (i: number) => number): string =>
  percent(mean(applications.map(({ macs, tops }, i) => Math.abs((2 * macs * tpuUnit.clock) / of(i) / 1e12 / tops - 1))));
console.log(
  `  against the row of Top/s, which was measured on other runs: held out ${rateError((i) => heldOut.find(({ row }) => row === applications[i]!.row)!.predicted)}, the counters themselves ${rateError((i) => applications[i]!.value)}, the roofline bound ${percent(
    mean(
      applications.map(
        ({ row, tops }) =>
          weightRooflineBound({ macsPerWeightByte: row.macsPerWeight, peak: 91.75e12, bandwidth: tpuUnit.bandwidth }) / 1e12 / tops - 1,
      ),
    ),
  )}`,
);
const mlp = applications[0]!;
const seconds = model.predict(parameters, mlp.row) / tpuUnit.clock;
console.log(
  `  MLP0 with its host’s ${percent(mlp.hostShare)}: ${Math.round(mlp.row.batch / (seconds * (1 + mlp.hostShare)))} inferences a second, measured 225,000`,
);

import { randomNumbers } from '../random.ts';
import { requireFunction, requireInteger, requireList, requireObject, requireOptions } from '../validation.ts';
import { minimise } from './nelder-mead.ts';

/** A formula with a few positive parameters, and where to start looking for them. */
export interface FittedModel<Row> {
  readonly parameters: Readonly<Record<string, number>>;
  readonly predict: (parameters: readonly number[], row: Row) => number;
}

export interface Measured<Row> {
  readonly row: Row;
  readonly value: number;
}

/** Mean of |predicted − measured| / measured. */
export function meanRelativeError(pairs: readonly { readonly predicted: number; readonly measured: number }[]): number {
  requireList('pairs', pairs);
  return pairs.reduce((sum, { predicted, measured }) => sum + Math.abs(predicted - measured) / measured, 0) / pairs.length;
}

/**
 * Parameters with the least mean relative error on the given measurements, sought in their logarithms so that they stay positive.
 *
 * @returns parameters in the model's order, and the error on the very rows they were fitted to
 */
export function fitModel<Row>(model: FittedModel<Row>, data: readonly Measured<Row>[]): { parameters: number[]; error: number } {
  requireModel(model);
  if (requireList('data', data).length === 0) throw new RangeError('data is empty, expected measurements to fit');
  const start = Object.values(model.parameters).map((value) => Math.log(value));
  const { point, value } = minimise((logs) => {
    const parameters = logs.map(Math.exp);
    return meanRelativeError(data.map(({ row, value: measured }) => ({ predicted: model.predict(parameters, row), measured })));
  }, start);
  return { parameters: point.map(Math.exp), error: value };
}

function requireModel<Row>(model: FittedModel<Row>): void {
  requireObject('model.parameters', requireObject('model', model).parameters);
  requireFunction('model.predict', model.predict);
}

/** One measurement predicted by parameters that never saw it. */
export interface HeldOut<Row> extends Measured<Row> {
  readonly predicted: number;
  readonly fold: number;
}

/**
 * k-fold cross-validation: every row is predicted by a fit to the other folds only. Rows are dealt to folds by a seeded shuffle.
 *
 * @returns predictions of every row and their mean relative error
 */
export function crossValidate<Row>(
  model: FittedModel<Row>,
  data: readonly Measured<Row>[],
  options: { folds?: number; seed?: number } = {},
): { rows: HeldOut<Row>[]; error: number } {
  const { folds = 5, seed = 1 } = requireOptions(options);
  requireModel(model);
  requireList('data', data);
  requireInteger('options.folds', folds, 2);
  if (folds > data.length) throw new RangeError(`options.folds is ${folds}, expected at most the ${data.length} rows`);
  const random = randomNumbers(seed);
  const order = data.map((_, i) => i);
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  const foldOf = new Int32Array(data.length);
  order.forEach((row, place) => (foldOf[row] = place % folds));
  const rows: HeldOut<Row>[] = [];
  for (let fold = 0; fold < folds; fold++) {
    const { parameters } = fitModel(
      model,
      data.filter((_, i) => foldOf[i] !== fold),
    );
    data.forEach(
      (measured, i) => foldOf[i] === fold && rows.push({ ...measured, predicted: model.predict(parameters, measured.row), fold }),
    );
  }
  return { rows, error: meanRelativeError(rows.map(({ predicted, value }) => ({ predicted, measured: value }))) };
}

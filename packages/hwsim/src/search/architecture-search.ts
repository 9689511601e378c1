import { randomNumbers } from '../random.ts';
import { requireFunction, requireInteger, requireList, requireNumber, requireObject, requireOptions } from '../validation.ts';
import type { Architecture, ArchitectureTable } from './architecture-table.ts';

export interface ArchitectureSearchOptions {
  /** Networks to look up (to train, if this weren't a table). */
  readonly evaluations?: number;
  readonly seed?: number;
  /** What to maximise; accuracy when left out. */
  readonly reward?: (architecture: Architecture) => number;
}

export interface ArchitectureSearchResult {
  readonly best: Architecture;
  readonly reward: number;
  /** Best reward after each look-up. */
  readonly curve: Float64Array;
}

function requireTable(table: ArchitectureTable): void {
  requireInteger('table.layers', requireObject('table', table).layers);
  requireInteger('table.choices', table.choices);
  requireList('table.all', table.all);
  requireFunction('table.get', table.get);
}

function recording(
  table: ArchitectureTable,
  options: ArchitectureSearchOptions,
): { evaluate: (choices: readonly number[]) => number; done: () => boolean; result: () => ArchitectureSearchResult } {
  requireTable(table);
  const { evaluations = 200, reward = ({ accuracy }: Architecture) => accuracy } = requireOptions(options);
  requireInteger('options.evaluations', evaluations);
  requireFunction('options.reward', reward);
  const curve = new Float64Array(evaluations);
  let [used, value] = [0, -Infinity];
  let best: Architecture | undefined;
  return {
    evaluate: (choices) => {
      const found = table.get(choices);
      const got = reward(found);
      if (got > value) [best, value] = [found, got];
      curve[used++] = value;
      return got;
    },
    done: () => used >= evaluations,
    result: () => ({ best: best!, reward: value, curve }),
  };
}

function randomChoices(table: ArchitectureTable, random: () => number): number[] {
  return Array.from({ length: table.layers }, () => Math.floor(random() * table.choices));
}

/** Random search: networks drawn evenly. */
export function randomArchitectures(table: ArchitectureTable, options: ArchitectureSearchOptions = {}): ArchitectureSearchResult {
  const record = recording(table, options);
  const random = randomNumbers(options.seed ?? 1);
  while (!record.done()) record.evaluate(randomChoices(table, random));
  return record.result();
}

/** What random search is expected to have found after n draws, exactly: the mean of the largest of n drawn with replacement. */
export function expectedRandomBest(
  table: ArchitectureTable,
  evaluations: number,
  reward: (architecture: Architecture) => number = (a) => a.accuracy,
): number {
  requireTable(table);
  requireInteger('evaluations', evaluations);
  requireFunction('reward', reward);
  const rewards = Float64Array.from(table.all, reward).toSorted();
  const n = rewards.length;
  return rewards.reduce((sum, r, i) => sum + r * (((i + 1) / n) ** evaluations - (i / n) ** evaluations), 0);
}

/**
 * Regularised evolution: the best of a few sampled members of the population has a mutated child; the oldest member dies.
 * "Regularized Evolution for Image Classifier Architecture Search" (2018, arXiv 1802.01548).
 */
export function evolveArchitectures(
  table: ArchitectureTable,
  options: ArchitectureSearchOptions & { population?: number; sample?: number } = {},
): ArchitectureSearchResult {
  const { population = 20, sample = 5 } = requireOptions(options);
  requireInteger('options.population', population, 2);
  requireInteger('options.sample', sample);
  const random = randomNumbers(options.seed ?? 1);
  const record = recording(table, options);
  const alive: { choices: number[]; reward: number }[] = [];
  while (!record.done()) {
    let choices: number[];
    if (alive.length < population) choices = randomChoices(table, random);
    else {
      let parent = alive[Math.floor(random() * population)]!;
      for (let i = 1; i < sample; i++) {
        const other = alive[Math.floor(random() * population)]!;
        if (other.reward > parent.reward) parent = other;
      }
      choices = [...parent.choices];
      const layer = Math.floor(random() * table.layers);
      choices[layer] = (choices[layer]! + 1 + Math.floor(random() * (table.choices - 1))) % table.choices;
      alive.shift();
    }
    alive.push({ choices, reward: record.evaluate(choices) });
  }
  return record.result();
}

/**
 * A REINFORCE controller: each layer's choice is drawn from a softmax that depends on the choice before it; a running mean of rewards is the baseline.
 * "Neural Architecture Search with Reinforcement Learning" (2016, arXiv 1611.01578), with a table of logits in place of the recurrent controller.
 */
export function reinforceArchitectures(
  table: ArchitectureTable,
  options: ArchitectureSearchOptions & { rate?: number } = {},
): ArchitectureSearchResult {
  const { rate = 0.5 } = requireOptions(options);
  requireNumber('options.rate', rate);
  const random = randomNumbers(options.seed ?? 1);
  const record = recording(table, options);
  const { layers, choices: k } = table;
  const logits = new Float64Array(layers * k * k);
  const p = new Float64Array(k);
  const softmax = (row: number): void => {
    let sum = 0;
    for (let c = 0; c < k; c++) sum += p[c] = Math.exp(logits[row + c]!);
    for (let c = 0; c < k; c++) p[c]! /= sum;
  };
  let [baseline, spread] = [NaN, 1];
  while (!record.done()) {
    const choices: number[] = [];
    for (let layer = 0, before = 0; layer < layers; layer++) {
      softmax((layer * k + before) * k);
      let u = random();
      let c = 0;
      while (c < k - 1 && (u -= p[c]!) >= 0) c++;
      choices.push(c);
      before = c;
    }
    const reward = record.evaluate(choices);
    if (Number.isNaN(baseline)) baseline = reward;
    const advantage = Math.max(-3, Math.min(3, (reward - baseline) / spread));
    spread = 0.95 * spread + 0.05 * Math.max(1e-6, Math.abs(reward - baseline));
    baseline = 0.95 * baseline + 0.05 * reward;
    for (let layer = 0, before = 0; layer < layers; layer++) {
      const row = (layer * k + before) * k;
      softmax(row);
      for (let c = 0; c < k; c++) logits[row + c]! += rate * advantage * ((c === choices[layer] ? 1 : 0) - p[c]!) * 0.2;
      before = choices[layer]!;
    }
  }
  return record.result();
}

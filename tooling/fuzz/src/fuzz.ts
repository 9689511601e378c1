import { setBackend } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { disable, enable, type EnableOptions } from '@x/tensor';
import { difference } from './compare.ts';
import { Draw } from './draw.ts';
import { evaluate } from './evaluate.ts';
import { families } from './families/index.ts';
import type { Program } from './program.ts';
import { evaluateInTorch } from './torch.ts';

export interface FuzzOptions extends EnableOptions {
  readonly seed: number;
  /** Numbers of the programs: from the first to before the last. */
  readonly first: number;
  readonly last: number;
  /** Whether PyTorch is asked too. */
  readonly torch: boolean;
  /** Only families whose names match. */
  readonly filter?: RegExp;
}

export interface Finding {
  readonly number: number;
  readonly family: string;
  readonly text: string;
  /** What backend x gives instead of what tfjs's cpu backend or PyTorch give. */
  readonly cpu: string | undefined;
  readonly torch: string | undefined;
  /** Backend x agrees with PyTorch: it is tfjs's cpu backend that is wrong. */
  readonly cpuAlone: boolean;
}

/** Programs by their numbers, each the same for the same seed. */
export function programs(
  seed: number,
  first: number,
  last: number,
  filter: RegExp = /./,
): (Program & { number: number; family: string })[] {
  const chosen = Object.entries(families).filter(([name]) => filter.test(name));
  return Array.from({ length: last - first }, (_, index) => {
    const number = first + index;
    const draw = new Draw(seed, number);
    const [family, make] = draw.of(chosen);
    return { ...make(draw), number, family };
  });
}

/** Runs programs on backend x and elsewhere, and says where the results differ. */
export async function fuzz({ seed, first, last, torch, filter, ...options }: FuzzOptions): Promise<Finding[]> {
  const all = programs(seed, first, last, filter);
  await enable(options);
  const ours = all.map(evaluate);
  // On the cpu backend with the gradients that enable() registered, which PyTorch checks.
  await setBackend('cpu');
  const cpu = all.map(evaluate);
  await disable();
  const peers = torch ? await evaluateInTorch(all) : all.map(() => undefined);
  return all
    .map(({ number, family, text, tolerance }, index): Finding => {
      const [x, peer] = [ours[index]!, peers[index]];
      const fromCpu = difference(x, cpu[index]!, tolerance);
      // What PyTorch refuses, and what tfjs refuses on either backend, says nothing of numbers.
      const known = peer !== undefined && peer.error === undefined && !(x.error !== undefined && cpu[index]!.error !== undefined);
      const fromTorch = known ? difference(x, peer, tolerance) : undefined;
      return { number, family, text, cpu: fromCpu, torch: fromTorch, cpuAlone: known && fromTorch === undefined };
    })
    .filter((finding) => finding.cpu !== undefined || finding.torch !== undefined);
}

import { backend } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe } from 'vitest';
import type { XBackend } from '../../src/backend/backend.ts';
import { disable, enable, type Tier } from '../../src/index.ts';
import type { Kernels } from '../../src/runtime/kernels.ts';

/** A browser has no wide tier. */
const tiers: readonly Tier[] = 'process' in globalThis && process.versions?.node ? ['simd', 'relaxed', 'wide'] : ['simd', 'relaxed'];

/** Defines the tests of `body` for each tier and thread count that run here. */
export function inEveryCombination(body: (kernels: () => Kernels, tier: Tier, threads: number) => void): void {
  for (const tier of tiers) {
    for (const threads of [1, 2]) {
      describe(`${tier}, ${threads} thread${threads > 1 ? 's' : ''}`, () => {
        let kernels: Kernels | undefined;
        beforeAll(async () => {
          const runtime = await enable({ tier, threads });
          if (runtime.tier !== tier || runtime.threads !== threads)
            throw new Error(`asked for ${tier} with ${threads} threads: ${runtime.limits.join('; ')}`);
          kernels = (backend() as XBackend).kernels;
        });
        afterAll(disable);
        body(
          () => {
            if (!kernels) throw new Error('the backend is not enabled');
            return kernels;
          },
          tier,
          threads,
        );
      });
    }
  }
}

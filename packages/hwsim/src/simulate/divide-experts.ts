import { expertLoads } from '../graph/gemm-shape.ts';
import type { FormattedLayer } from '../graph/layer.ts';
import type { Exchange } from './exchange.ts';

/**
 * The experts of the busiest of `expert` chips: each has experts / `expert` of them and takes the tokens that all chips send there. Every token goes there and comes
 * back in an all-to-all. "GShard: Scaling Giant Models with Conditional Computation and Automatic Sharding" (2020, arXiv 2006.16668).
 *
 * @param whole the layer before anything was divided
 * @param layer what tensor parallelism left of it
 */
export function divideExperts(
  whole: FormattedLayer,
  layer: FormattedLayer,
  expert: number,
): { layer: FormattedLayer; exchanges: Exchange[] } {
  const [op, before] = [layer.operation, whole.operation];
  if (op.type !== 'moe' || before.type !== 'moe') throw new TypeError(`layer ${JSON.stringify(layer.name)} is no moe`);
  if (op.experts % expert !== 0)
    throw new RangeError(
      `layer ${JSON.stringify(layer.name)} has ${op.experts} experts, which parallel.expert ${expert} doesn't divide; use a divisor`,
    );
  const each = op.experts / expert;
  const { topK = 1, loads } = op;
  const taken = expertLoads(op).taken;
  const tokensOn = Array.from({ length: expert }, (_, chip) => taken.slice(chip * each, (chip + 1) * each).reduce((a, b) => a + b, 0));
  const busiest = tokensOn.indexOf(tokensOn.reduce((a, b) => Math.max(a, b)));
  const bytes = (before.tokens * topK * before.inputSize * whole.activations.bits) / 8;
  const toAll: Exchange = { collective: 'all-to-all', group: 'expert', bytes };
  return {
    layer: {
      ...layer,
      operation: {
        ...op,
        experts: each,
        ...(loads && { loads: loads.slice(busiest * each, (busiest + 1) * each).map((load) => load * expert) }),
      },
    },
    exchanges: [toAll, toAll],
  };
}

import { transpose, type Tensor } from '@tensorflow/tfjs-core';
import { dense, random, type DenseLayer, type SequentialLayer } from '@x/tensor';
import { csrToDense } from '@x/tensor/sparse';
import { replaceSparseLayers } from '../layers/replace-sparse-layers.ts';
import type { SparseLinearLayer } from '../layers/sparse-linear.ts';

/**
 * The same function by ordinary `dense` layers in the places of the sparse ones, those in containers too, whose weights have 0 where there are none: for
 * programs, files and runtimes that know no sparse layer. After {@link compact} it is a smaller network.
 *
 * @returns A network of its own; other layers than sparse ones are shared with the old one, which is left as it is.
 * @throws {TypeError} if the network is no `sequential`, or has a divided layer, which {@link trim} mends, one of blocks, or a container whose parts can't be replaced.
 * @example
 * const small = toDense(compact(net).net);
 */
export function toDense(net: SequentialLayer): SequentialLayer {
  return replaceSparseLayers('toDense', net, {
    check: (name, layer) => {
      if (layer.kind === 'blockLinear') throw new TypeError(`toDense: layer ${name} of net is of blocks, which bsrToDense() makes dense.`);
      if (layer.kind === 'sparseLinear' && (layer as SparseLinearLayer).division !== undefined)
        throw new TypeError(
          `toDense: layer ${name} of net is divided, as topKast and straightThrough do; leave out what only trains with trim() first.`,
        );
    },
    replace: denseOf,
  });
}

function denseOf({ inputs, units, activation, slope, pattern, variables: { values, bias } }: SparseLinearLayer): DenseLayer {
  const init = (): Tensor => transpose(csrToDense(values, pattern));
  const biasInit = (): Tensor => bias!.clone();
  // The key draws nothing.
  const key = random.key(0);
  return dense(inputs, units, { key, activation, slope, init, ...(bias ? { biasInit } : { bias: false }) });
}

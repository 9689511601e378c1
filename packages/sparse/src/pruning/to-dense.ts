import { transpose, type Tensor } from '@tensorflow/tfjs-core';
import { dense, random, sequential, type DenseLayer, type Layer, type SequentialLayer } from '@x/tensor';
import { csrToDense } from '@x/tensor/sparse';
import type { SparseLinearLayer } from '../layers/sparse-linear.ts';
import { show } from '../validation.ts';

/**
 * The same function by ordinary `dense` layers in the places of the sparse ones, whose weights have 0 where there are none: for
 * programs, files and runtimes that know no sparse layer. After {@link compact} it is a smaller network.
 *
 * @returns A network of its own; other layers than sparse ones are shared with the old one, which is left as it is.
 * @throws {TypeError} if the network is no `sequential`, or has a divided layer, which {@link trim} mends, or one of blocks.
 * @example
 * const small = toDense(compact(net).net);
 */
export function toDense(net: SequentialLayer): SequentialLayer {
  if (net?.kind !== 'sequential') throw new TypeError(`toDense: net is ${show(net)}, but must be made by sequential([...]).`);
  check(net, '');
  return converted(net);
}

function check(net: SequentialLayer, before: string): void {
  net.layers.forEach((layer, index) => {
    const name = `${before}${index}`;
    if (layer.kind === 'sequential') check(layer as SequentialLayer, `${name}.`);
    if (layer.kind === 'blockLinear') throw new TypeError(`toDense: layer ${name} of net is of blocks, which bsrToDense() makes dense.`);
    if (layer.kind === 'sparseLinear' && (layer as SparseLinearLayer).division !== undefined)
      throw new TypeError(
        `toDense: layer ${name} of net is divided, as topKast and straightThrough do; leave out what only trains with trim() first.`,
      );
  });
}

function converted(net: SequentialLayer): SequentialLayer {
  return sequential(
    net.layers.map((layer): Layer => {
      if (layer.kind === 'sequential') return converted(layer as SequentialLayer);
      return layer.kind === 'sparseLinear' ? denseOf(layer as SparseLinearLayer) : layer;
    }),
  );
}

function denseOf({ inputs, units, activation, slope, pattern, variables: { values, bias } }: SparseLinearLayer): DenseLayer {
  const init = (): Tensor => transpose(csrToDense(values, pattern));
  const biasInit = (): Tensor => bias!.clone();
  // The key draws nothing.
  const key = random.key(0);
  return dense(inputs, units, { key, activation, slope, init, ...(bias ? { biasInit } : { bias: false }) });
}

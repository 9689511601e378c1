import { activationLayer, attention, initializers, random, residual, type Layer } from '@x/tensor';
import type { NetworkStep } from '../network/quantized-step.ts';
import { checkNumber } from '../validation.ts';
import { where, type Fields } from './described-values.ts';

/** Parts that a container may have; those of attention are one of two sets. */
export const partsOf: Readonly<Record<'residual' | 'attention', readonly (readonly string[])[]>> = {
  residual: [['inner'], ['inner', 'shortcut']],
  attention: [
    ['qkv', 'out'],
    ['query', 'keyValue', 'out'],
  ],
};

/** A residual connection that only says what is done with its parts. */
export function emptyResidual(names: readonly string[]): Layer {
  const nothing = activationLayer('linear');
  return residual(nothing, names.includes('shortcut') ? { shortcut: nothing } : {});
}

/** Attention that only says what is done with its parts, without variables. */
export function emptyAttention(fields: Fields, at: string, { out, keyValue }: Readonly<Record<string, readonly NetworkStep[]>>): Layer {
  checkNumber(where, `${at}heads`, fields['heads'], { least: 1, whole: true });
  const [width, memory] = [out, keyValue].map((steps) => {
    const [step] = steps ?? [];
    return step?.kind === 'quantized' || step?.kind === 'floatLinear' ? (step.weight.shape[0] as number) : undefined;
  });
  if (width === undefined || (keyValue && memory === undefined)) throw new TypeError(`${where}: ${at}parts hold no linear layers.`);
  const layer = attention(width, {
    ...{ heads: fields['heads'] as number, causal: fields['causal'] === true, key: random.key(0), init: initializers.zeros(), bias: false },
    ...(memory !== undefined && { memory }),
  });
  layer.dispose();
  return layer;
}

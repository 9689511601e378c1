import { engine } from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/**
 * The kept output `y` of a kernel, or, inside another gradient, the same computed anew.
 *
 * tfjs keeps an output as a copy that its tape doesn't connect to the kernel's inputs. To a gradient of the gradient it
 * would be a constant, and second derivatives would be wrong without a word.
 */
export function savedOutput(y: Tensor, compute: () => Tensor): Tensor {
  return engine().isTapeOn() ? compute() : y;
}

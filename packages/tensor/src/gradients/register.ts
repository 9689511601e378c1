import { getGradient, registerGradient } from '@tensorflow/tfjs-core';
import type { GradConfig } from '@tensorflow/tfjs-core';
import { absGradient } from './abs.ts';
import { addGradient, addNGradient, negGradient, subGradient } from './add.ts';
import { batchMatMulGradient } from './batch-mat-mul.ts';
import { complexAbsGradient, complexGradient, fftGradient, ifftGradient, imagGradient, realGradient } from './complex.ts';
import { concatGradient, splitVGradient } from './concat.ts';
import { conv2DBackpropFilterGradient, conv2DBackpropInputGradient, conv2DGradient } from './conv2d.ts';
import { conv3DBackpropInputV2Gradient, conv3DGradient } from './conv3d.ts';
import { cumprodGradient } from './cumprod.ts';
import { cumsumGradient } from './cumsum.ts';
import { depthToSpaceGradient } from './depth-to-space.ts';
import { depthwiseConv2dNativeGradient } from './depthwise-conv2d-native.ts';
import { dilation2DGradient } from './dilation2d.ts';
import { einsumGradient } from './einsum.ts';
import { eluGradGradient, eluGradient, seluGradient } from './elu.ts';
import { erfGradient, expGradient, expm1Gradient, log1pGradient, logGradient } from './exponential.ts';
import { fusedBatchNormGradient } from './fused-batch-norm.ts';
import { gatherV2Gradient } from './gather-v2.ts';
import { acoshGradient, asinhGradient, atanhGradient, coshGradient, sinhGradient, tanhGradient } from './hyperbolic.ts';
import { castGradient, identityGradient } from './identity.ts';
import { lrnGradient } from './lrn.ts';
import { maxGradient, minGradient } from './max.ts';
import { maximumGradient, minimumGradient } from './maximum.ts';
import { mirrorPadGradient } from './mirror-pad.ts';
import { multiplyGradient, squaredDifferenceGradient } from './multiply.ts';
import { packGradient, unpackGradient } from './pack.ts';
import {
  allGradient,
  anyGradient,
  argMaxGradient,
  argMinGradient,
  ceilGradient,
  equalGradient,
  floorGradient,
  greaterEqualGradient,
  greaterGradient,
  isFiniteGradient,
  isInfGradient,
  isNanGradient,
  lessEqualGradient,
  lessGradient,
  logicalAndGradient,
  logicalNotGradient,
  logicalOrGradient,
  notEqualGradient,
  oneHotGradient,
  onesLikeGradient,
  roundGradient,
  signGradient,
  stepGradient,
  zerosLikeGradient,
} from './piecewise-constant.ts';
import { avgPool3DGradient, avgPoolGradient, maxPool3DGradient, maxPoolGradient, maxPoolWithArgmaxGradient } from './pool.ts';
import { powGradient, reciprocalGradient, rsqrtGradient, sqrtGradient, squareGradient } from './power.ts';
import { prodGradient } from './prod.ts';
import { floorDivGradient, modGradient, realDivGradient } from './real-div.ts';
import { leakyReluGradient, preluGradient, relu6Gradient, reluGradient } from './relu.ts';
import { expandDimsGradient, reshapeGradient } from './reshape.ts';
import { resizeBilinearGradient } from './resize-bilinear.ts';
import { resizeNearestNeighborGradient } from './resize-nearest-neighbor.ts';
import { gatherNdGradient, scatterNdGradient, sparseToDenseGradient, tensorScatterUpdateGradient } from './scatter-nd.ts';
import { clipByValueGradient, selectGradient } from './select.ts';
import { sigmoidGradient, softplusGradient } from './sigmoid.ts';
import { padV2Gradient, sliceGradient } from './slice.ts';
import { logSoftmaxGradient, softmaxGradient } from './softmax.ts';
import { batchToSpaceNDGradient, spaceToBatchNDGradient } from './space-to-batch-nd.ts';
import { sparseSegmentMeanGradient, sparseSegmentSumGradient } from './sparse-segment.ts';
import { stridedSliceGradient } from './strided-slice.ts';
import { meanGradient, sumGradient } from './sum.ts';
import { broadcastToGradient, tileGradient } from './tile.ts';
import { topKGradient } from './top-k.ts';
import { reverseGradient, transposeGradient } from './transpose.ts';
import { acosGradient, asinGradient, atan2Gradient, atanGradient, cosGradient, sinGradient, tanGradient } from './trigonometric.ts';
import { unsortedSegmentSumGradient } from './unsorted-segment-sum.ts';

/** One rule for every differentiable kernel. */
const gradients: readonly GradConfig[] = [
  absGradient,
  acosGradient,
  acoshGradient,
  addGradient,
  addNGradient,
  allGradient,
  anyGradient,
  argMaxGradient,
  argMinGradient,
  asinGradient,
  asinhGradient,
  atan2Gradient,
  atanGradient,
  atanhGradient,
  avgPool3DGradient,
  avgPoolGradient,
  batchMatMulGradient,
  batchToSpaceNDGradient,
  broadcastToGradient,
  castGradient,
  ceilGradient,
  clipByValueGradient,
  complexAbsGradient,
  complexGradient,
  concatGradient,
  conv2DBackpropFilterGradient,
  conv2DBackpropInputGradient,
  conv2DGradient,
  conv3DBackpropInputV2Gradient,
  conv3DGradient,
  cosGradient,
  coshGradient,
  cumprodGradient,
  cumsumGradient,
  depthToSpaceGradient,
  depthwiseConv2dNativeGradient,
  dilation2DGradient,
  einsumGradient,
  eluGradGradient,
  eluGradient,
  equalGradient,
  erfGradient,
  expGradient,
  expandDimsGradient,
  expm1Gradient,
  fftGradient,
  floorDivGradient,
  floorGradient,
  fusedBatchNormGradient,
  gatherNdGradient,
  gatherV2Gradient,
  greaterEqualGradient,
  greaterGradient,
  identityGradient,
  ifftGradient,
  imagGradient,
  isFiniteGradient,
  isInfGradient,
  isNanGradient,
  leakyReluGradient,
  lessEqualGradient,
  lessGradient,
  log1pGradient,
  logGradient,
  logSoftmaxGradient,
  logicalAndGradient,
  logicalNotGradient,
  logicalOrGradient,
  lrnGradient,
  maxGradient,
  maxPool3DGradient,
  maxPoolGradient,
  maxPoolWithArgmaxGradient,
  maximumGradient,
  meanGradient,
  minGradient,
  minimumGradient,
  mirrorPadGradient,
  modGradient,
  multiplyGradient,
  negGradient,
  notEqualGradient,
  oneHotGradient,
  onesLikeGradient,
  packGradient,
  padV2Gradient,
  powGradient,
  preluGradient,
  prodGradient,
  realDivGradient,
  realGradient,
  reciprocalGradient,
  relu6Gradient,
  reluGradient,
  reshapeGradient,
  resizeBilinearGradient,
  resizeNearestNeighborGradient,
  reverseGradient,
  roundGradient,
  rsqrtGradient,
  scatterNdGradient,
  selectGradient,
  seluGradient,
  sigmoidGradient,
  signGradient,
  sinGradient,
  sinhGradient,
  sliceGradient,
  softmaxGradient,
  softplusGradient,
  spaceToBatchNDGradient,
  sparseSegmentMeanGradient,
  sparseSegmentSumGradient,
  sparseToDenseGradient,
  splitVGradient,
  sqrtGradient,
  squareGradient,
  squaredDifferenceGradient,
  stepGradient,
  stridedSliceGradient,
  subGradient,
  sumGradient,
  tanGradient,
  tanhGradient,
  tensorScatterUpdateGradient,
  tileGradient,
  topKGradient,
  transposeGradient,
  unpackGradient,
  unsortedSegmentSumGradient,
  zerosLikeGradient,
];

/**
 * Gives tfjs a gradient for every differentiable kernel that has none yet.
 *
 * Plain Node loads tfjs-core's CommonJS bundle, which registers no gradient at all; other bundles bring tfjs's own,
 * which are left in place, so that nothing is overridden behind a user's back. Calling it twice does nothing more.
 *
 * @example
 * registerGradients();
 * tf.grad((x) => tf.square(x))(tf.scalar(3)).print(); // 6
 */
export function registerGradients(): void {
  for (const gradient of gradients) {
    if (getGradient(gradient.kernelName) == null) registerGradient(gradient);
  }
}

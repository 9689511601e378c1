// One rule for every differentiable kernel; `register.ts` gives tfjs all that stand here.
export { absGradient } from './abs.ts';
export { addGradient, addNGradient, negGradient, subGradient } from './add.ts';
export { batchMatMulGradient } from './batch-mat-mul.ts';
export { complexAbsGradient, complexGradient, fftGradient, ifftGradient, imagGradient, realGradient } from './complex.ts';
export { concatGradient, splitVGradient } from './concat.ts';
export { conv2DBackpropFilterGradient, conv2DBackpropInputGradient, conv2DGradient } from './conv2d.ts';
export { conv3DBackpropInputV2Gradient, conv3DGradient } from './conv3d.ts';
export { cumprodGradient } from './cumprod.ts';
export { cumsumGradient } from './cumsum.ts';
export { depthToSpaceGradient } from './depth-to-space.ts';
export { depthwiseConv2dNativeGradient } from './depthwise-conv2d-native.ts';
export { dilation2DGradient } from './dilation2d.ts';
export { einsumGradient } from './einsum.ts';
export { eluGradGradient, eluGradient, seluGradient } from './elu.ts';
export { erfGradient, expGradient, expm1Gradient, log1pGradient, logGradient } from './exponential.ts';
export { fusedBatchNormGradient } from './fused-batch-norm.ts';
export { gatherV2Gradient } from './gather-v2.ts';
export { acoshGradient, asinhGradient, atanhGradient, coshGradient, sinhGradient, tanhGradient } from './hyperbolic.ts';
export { castGradient, identityGradient } from './identity.ts';
export { lrnGradient } from './lrn.ts';
export { maxGradient, minGradient } from './max.ts';
export { maximumGradient, minimumGradient } from './maximum.ts';
export { mirrorPadGradient } from './mirror-pad.ts';
export { multiplyGradient, squaredDifferenceGradient } from './multiply.ts';
export { packGradient, unpackGradient } from './pack.ts';
export {
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
export { avgPool3DGradient, avgPoolGradient, maxPool3DGradient, maxPoolGradient, maxPoolWithArgmaxGradient } from './pool.ts';
export { powGradient, reciprocalGradient, rsqrtGradient, sqrtGradient, squareGradient } from './power.ts';
export { prodGradient } from './prod.ts';
export { floorDivGradient, modGradient, realDivGradient } from './real-div.ts';
export { leakyReluGradient, preluGradient, relu6Gradient, reluGradient } from './relu.ts';
export { expandDimsGradient, reshapeGradient } from './reshape.ts';
export { resizeBilinearGradient } from './resize-bilinear.ts';
export { resizeNearestNeighborGradient } from './resize-nearest-neighbor.ts';
export { gatherNdGradient, scatterNdGradient, sparseToDenseGradient, tensorScatterUpdateGradient } from './scatter-nd.ts';
export { clipByValueGradient, selectGradient } from './select.ts';
export { sigmoidGradient, softplusGradient } from './sigmoid.ts';
export { padV2Gradient, sliceGradient } from './slice.ts';
export { logSoftmaxGradient, softmaxGradient } from './softmax.ts';
export { batchToSpaceNDGradient, spaceToBatchNDGradient } from './space-to-batch-nd.ts';
export { sparseSegmentMeanGradient, sparseSegmentSumGradient } from './sparse-segment.ts';
export { stridedSliceGradient } from './strided-slice.ts';
export { meanGradient, sumGradient } from './sum.ts';
export { broadcastToGradient, tileGradient } from './tile.ts';
export { topKGradient } from './top-k.ts';
export { reverseGradient, transposeGradient } from './transpose.ts';
export { acosGradient, asinGradient, atan2Gradient, atanGradient, cosGradient, sinGradient, tanGradient } from './trigonometric.ts';
export { unsortedSegmentSumGradient } from './unsorted-segment-sum.ts';

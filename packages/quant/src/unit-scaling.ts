// `@x/quant/unit-scaling`: networks whose numbers have unit size at the start, for training in few bits without loss scaling.
export { scaled, type ScaleFactors } from './unit-scaling/scaled.ts';
export { constrained, type ScaleConstraint } from './unit-scaling/constraint.ts';
export { activationScales } from './unit-scaling/activation-scales.ts';
export { unitActivation, type UnitActivationOptions } from './unit-scaling/unit-activation.ts';
export { unitLinear, unitMatMul, type UnitLinearOptions } from './unit-scaling/unit-linear.ts';
export { unitLayerNorm, unitRmsNorm } from './unit-scaling/unit-norm.ts';
export { unitEmbedding } from './unit-scaling/unit-embedding.ts';
export { unitAdd, unitResidual, type UnitResidualOptions } from './unit-scaling/unit-residual.ts';
export { unitSoftmaxCrossEntropy } from './unit-scaling/unit-softmax-cross-entropy.ts';
export { unitScaled, type UnitScaledLayer, type UnitScalingOptions } from './unit-scaling/unit-scaled.ts';

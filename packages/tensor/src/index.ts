// The backend
export { disable, enable } from './runtime/enable.ts';
export type { EnableOptions, Runtime } from './runtime/runtime.ts';
export type { HeapStatistics } from './runtime/heap.ts';
export type { Profile, ProfiledKernel, ProfileSummary } from './runtime/profile.ts';
export type { Tier } from './runtime/tier.ts';
export { HeapExhaustedError, WorkerLostError } from './runtime/errors.ts';

// Operations that tfjs lacks
export { activation, type ActivationOptions } from './ops/activation.ts';
export type { ActivationName } from './ops/activation-name.ts';
export { batchNorm, type BatchNormResult } from './ops/batch-norm.ts';
export { embedding } from './ops/embedding.ts';
export { groupNorm, type GroupNormOptions } from './ops/group-norm.ts';
export { layerNorm, type NormOptions } from './ops/layer-norm.ts';
export { linear, type LinearOptions } from './ops/linear.ts';
export { meanSquaredError, type MeanSquaredErrorOptions } from './ops/mean-squared-error.ts';
export type { Reduction } from './ops/reduction.ts';
export { rmsNorm } from './ops/rms-norm.ts';
export { scaledDotProductAttention, type AttentionOptions } from './ops/scaled-dot-product-attention.ts';
export { softmaxCrossEntropy, type SoftmaxCrossEntropyOptions } from './ops/softmax-cross-entropy.ts';
export { convolution, type Convolution, type Padding } from './ops/convolution.ts';
export { needGradients } from './ops/kernel.ts';

// Random numbers
export * as random from './random/index.ts';
export type { Key } from './random/key.ts';

// Layers: where an operation has the same name, the layer's ends in Layer
export type { ApplyContext, Layer, NamedVariables, Shape } from './layers/layer.ts';
export { activationLayer, type ActivationLayer } from './layers/activation-layer.ts';
export { attention, type AttentionLayer, type MultiHeadOptions } from './layers/attention.ts';
export { batchNormLayer, type BatchNormLayer, type BatchNormOptions } from './layers/batch-norm.ts';
export { checkpoint, checkpointed } from './layers/checkpoint.ts';
export { conv1d, type Conv1dOptions } from './layers/conv1d.ts';
export { conv2d, type Conv2dLayer, type Conv2dOptions, type ConvOptions, type WeightLayer } from './layers/conv2d.ts';
export { conv2dTranspose, type Conv2dTransposeOptions } from './layers/conv2d-transpose.ts';
export { dense, type DenseLayer, type DenseOptions } from './layers/dense.ts';
export { depthwiseConv2d, type DepthwiseConv2dLayer, type DepthwiseConv2dOptions } from './layers/depthwise-conv2d.ts';
export { dropout, type DropoutLayer } from './layers/dropout.ts';
export { embeddingLayer, type EmbeddingLayer, type EmbeddingOptions } from './layers/embedding.ts';
export { flatten } from './layers/flatten.ts';
export { fromLayersModel, type LayersModelLike } from './layers/from-layers-model.ts';
export { groupNormLayer, type GroupNormLayer } from './layers/group-norm.ts';
export { layerNormLayer, type NormLayer } from './layers/layer-norm.ts';
export { averagePool2d, globalAveragePool, globalMaxPool, maxPool2d, type Pool2dLayer, type PoolOptions } from './layers/pooling.ts';
export { positionalEmbedding, type PositionalEmbeddingLayer } from './layers/positional-embedding.ts';
export { residual, type ResidualOptions } from './layers/residual.ts';
export { revolveCost, revolveSchedule, type RevolveAction } from './layers/revolve.ts';
export { rmsNormLayer, type RmsNormLayer } from './layers/rms-norm.ts';
export { sequential, type Checkpointing, type SequentialLayer, type SequentialOptions } from './layers/sequential.ts';
export type { Size2d } from './layers/sizes.ts';
export { toTfjsLayer, type TfjsLayer, type TfjsLayers, type ToTfjsLayerOptions } from './layers/to-tfjs-layer.ts';
export { transformerBlock, type TransformerBlockOptions } from './layers/transformer-block.ts';
export { unflatten } from './layers/unflatten.ts';
export * as initializers from './layers/initializers.ts';
export type { Initializer } from './layers/initializer.ts';

// Optimizers
export { accumulate } from './optimizers/accumulate.ts';
export { adagrad, type AdagradOptions } from './optimizers/adagrad.ts';
export { adam, adamw, type AdamOptions } from './optimizers/adam.ts';
export { addWeightDecay, type AddWeightDecayOptions } from './optimizers/add-weight-decay.ts';
export { averageWeights, type AverageWeightsOptions } from './optimizers/average-weights.ts';
export { chain } from './optimizers/chain.ts';
export { clipByGlobalNorm } from './optimizers/clip-by-global-norm.ts';
export { clipByNorm } from './optimizers/clip-by-norm.ts';
export { clipByValue } from './optimizers/clip-by-value.ts';
export type { LearningRate } from './optimizers/learning-rate.ts';
export { lookahead, type LookaheadOptions } from './optimizers/lookahead.ts';
export { disposeState, type Gradients, type GradientTransform, type Optimizer, type OptimizerState } from './optimizers/optimizer.ts';
export { rmsprop, type RmspropOptions } from './optimizers/rmsprop.ts';
export { scale } from './optimizers/scale.ts';
export * as schedules from './optimizers/schedules/index.ts';
export type { Schedule } from './optimizers/schedules/schedule.ts';
export { sgd, type SgdOptions } from './optimizers/sgd.ts';
export { swapValues } from './optimizers/swap-values.ts';
export { trace, type TraceOptions } from './optimizers/trace.ts';

// Training
export { accuracy } from './train/accuracy.ts';
export type { Batch, Data, Examples } from './train/data.ts';
export { brierScore } from './train/brier-score.ts';
export { evaluate, type EvaluateOptions, type Evaluation } from './train/evaluate.ts';
export { expectedCalibrationError, type CalibrationOptions } from './train/expected-calibration-error.ts';
export { fit, type FitOptions } from './train/fit.ts';
export type { MeanMetric, Metric, SummaryMetric } from './train/metric.ts';
export { negativeLogLikelihood } from './train/negative-log-likelihood.ts';
export type { ProbabilityOptions } from './train/probabilities.ts';
export { topKAccuracy } from './train/top-k-accuracy.ts';
export type { FitPosition } from './train/fit-position.ts';
export type { EndEvent, EpochEvent, FitEvent, StepEvent } from './train/fit-event.ts';
export type { NumericArray } from './train/gather-rows.ts';
export { trainable, trainStep, type Loss, type TrainStepOptions } from './train/train-step.ts';

// Files
export { assignVariables } from './files/assign-variables.ts';
export { loadCheckpoint, saveCheckpoint, type Checkpoint, type Training } from './files/checkpoint.ts';
export type { FileLocation } from './files/byte-source.ts';
export { packRaw, rawToTensor, unpackRaw, type PackRawOptions, type RawTensor, type RawValues } from './files/raw-tensor.ts';
export {
  decodeSafetensors,
  encodeSafetensors,
  type NamedTensors,
  type SafetensorsContents,
  type SafetensorsOptions,
} from './files/safetensors.ts';
export type { SafetensorsDtype } from './files/safetensors-dtype.ts';
export { SafetensorsError, type SafetensorsErrorCode } from './files/safetensors-error.ts';
export { loadSafetensors, saveSafetensors } from './files/safetensors-file.ts';
export { openSafetensors } from './files/open-safetensors.ts';
export { type OpenSafetensorsOptions, type Rows, type SafetensorsInfo, type SafetensorsReader } from './files/safetensors-reader.ts';
export { FileWriteError } from './files/file-write-error.ts';

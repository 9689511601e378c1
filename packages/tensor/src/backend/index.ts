import { activationGradientKernels } from './activation-gradient.ts';
import { attentionKernels } from './attention.ts';
import { binaryKernels } from './binary.ts';
import { bincountKernels } from './bincount.ts';
import { castKernels } from './cast.ts';
import { complexKernels, takingComplex } from './complex.ts';
import { concatKernels } from './concat.ts';
import { constantKernels } from './constant.ts';
import { crossEntropyKernels } from './cross-entropy.ts';
import { cumulativeKernels } from './cumulative.ts';
import { convolutionKernels } from './convolution.ts';
import { depthwiseKernels } from './depthwise.ts';
import { dilation2DKernels } from './dilation2d.ts';
import { dropoutKernel } from './dropout.ts';
import { einsumKernels } from './einsum.ts';
import { embeddingKernels } from './embedding.ts';
import { fusedMatMulKernel } from './fused-matmul.ts';
import { gatherKernels } from './gather.ts';
import { identityKernels } from './identity.ts';
import type { BackendKernel } from './kernel.ts';
import { linearKernels } from './linear.ts';
import { batchMatMul } from './matmul.ts';
import { normalizationKernels } from './normalization.ts';
import { oneHotKernel } from './one-hot.ts';
import { optimizerKernels } from './optimizers.ts';
import { poolingKernels } from './pooling.ts';
import { raggedKernels } from './ragged.ts';
import { reduceKernels } from './reduce.ts';
import { scatterKernels } from './scatter.ts';
import { selectKernels } from './select.ts';
import { spaceToBatchKernels } from './space-to-batch.ts';
import { softmaxKernels } from './softmax.ts';
import { smoothActivationKernels } from './smooth-activation.ts';
import { stridedKernels } from './strided.ts';
import { stringKernels, takingStrings } from './strings.ts';
import { topKKernel } from './top-k.ts';
import { transposeKernels } from './transpose.ts';
import { unaryKernels } from './unary.ts';

/** Every tfjs kernel that we run ourselves from the start; the others are tfjs's own, or come with a family that is loaded on demand. */
export const backendKernels: readonly BackendKernel[] = [
  batchMatMul,
  oneHotKernel,
  fusedMatMulKernel,
  ...linearKernels,
  dropoutKernel,
  ...activationGradientKernels,
  ...attentionKernels,
  ...binaryKernels,
  ...bincountKernels,
  ...castKernels,
  ...complexKernels,
  ...concatKernels,
  ...constantKernels,
  ...convolutionKernels,
  ...depthwiseKernels,
  ...dilation2DKernels,
  ...einsumKernels,
  ...poolingKernels,
  ...scatterKernels,
  ...crossEntropyKernels,
  ...cumulativeKernels,
  topKKernel,
  ...embeddingKernels,
  ...gatherKernels,
  ...identityKernels,
  ...normalizationKernels,
  ...optimizerKernels,
  ...raggedKernels,
  ...reduceKernels,
  ...selectKernels,
  ...smoothActivationKernels,
  ...softmaxKernels,
  ...spaceToBatchKernels,
  ...stridedKernels,
  ...stringKernels,
  ...transposeKernels,
  ...unaryKernels,
].map((kernel) => takingStrings(takingComplex(kernel)));

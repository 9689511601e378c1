import * as tf from '@tensorflow/tfjs-core';
import { softmaxCrossEntropy } from '@x/tensor';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The Cora citation graph: papers, the words in each, what cites what, and the standard split. */
export interface Cora {
  readonly nodes: number;
  readonly features: number;
  readonly classes: number;
  readonly featureIndices: readonly (readonly number[])[];
  readonly labels: readonly number[];
  readonly edges: readonly (readonly [number, number])[];
  readonly train: readonly number[];
  readonly validation: readonly number[];
  readonly test: readonly number[];
}

export const coraFile: string = fileURLToPath(new URL('../../../../shared/data/cora.json', import.meta.url));

/** Some papers: which, and their classes. */
export interface Nodes {
  readonly nodes: tf.Tensor1D;
  readonly classes: tf.Tensor1D;
}

export interface CoraNodes {
  readonly cora: Cora;
  /** Classes of all papers. */
  readonly y: tf.Tensor1D;
  readonly train: Nodes;
  readonly validation: Nodes;
  readonly test: Nodes;
}

export function loadCora(file: string): CoraNodes {
  const cora = JSON.parse(readFileSync(file, 'utf8')) as Cora;
  const some = (nodes: readonly number[]): Nodes => ({
    nodes: tf.tensor1d(Int32Array.from(nodes), 'int32'),
    classes: tf.tensor1d(
      Int32Array.from(nodes, (node) => cora.labels[node]!),
      'int32',
    ),
  });
  return {
    cora,
    y: tf.tensor1d(Int32Array.from(cora.labels), 'int32'),
    ...{ train: some(cora.train), validation: some(cora.validation), test: some(cora.test) },
  };
}

/** Cross-entropy of some papers, of the outputs for all. */
export function crossEntropy(logits: tf.Tensor, { nodes, classes }: Nodes): tf.Tensor {
  return softmaxCrossEntropy(tf.gather(logits, nodes), classes);
}

/** Cross-entropy and accuracy of some papers, of the outputs for all. */
export function evaluate(logits: tf.Tensor, of: Nodes): { loss: number; accuracy: number } {
  const [loss, accuracy] = tf.tidy(() => {
    const right = tf.equal(tf.argMax(tf.gather(logits, of.nodes), 1), of.classes);
    return [crossEntropy(logits, of), tf.mean(tf.cast(right, 'float32'))].map((tensor) => tensor.dataSync()[0]!) as [number, number];
  });
  return { loss, accuracy };
}

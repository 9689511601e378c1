/** Activations by name, as layers and {@link linear} take them. */
export type ActivationName =
  | 'linear'
  | 'relu'
  | 'relu6'
  | 'leakyRelu'
  | 'elu'
  | 'selu'
  | 'sigmoid'
  | 'tanh'
  | 'softplus'
  | 'gelu'
  | 'geluTanh'
  | 'silu';

/** Those whose derivative the kernels tell from their value, and their names there. */
export const invertible: Partial<Record<ActivationName, string>> = {
  relu: 'relu',
  relu6: 'relu6',
  leakyRelu: 'leakyrelu',
  elu: 'elu',
  sigmoid: 'sigmoid',
  tanh: 'tanh',
};

export const activationNames: readonly ActivationName[] = [
  'linear',
  ...(Object.keys(invertible) as ActivationName[]),
  'selu',
  'softplus',
  'gelu',
  'geluTanh',
  'silu',
];

/** What {@link activation} multiplies numbers below 0 by for `leakyRelu`, as PyTorch does. */
export const SLOPE = 0.01;

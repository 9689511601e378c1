/** The models in words, for the page, which loads nothing else of them. */
export const modelFacts = {
  cnn: { title: 'convolutional', layers: '3×3×32, pool, 3×3×64, pool, 128, 10' },
  mlp: { title: 'perceptron', layers: '784, 512, 256, 10' },
} as const;

export type ModelName = keyof typeof modelFacts;
export const modelNames = Object.keys(modelFacts) as ModelName[];

/** [batch, features] row-major to the sparse products' layout, [block][feature][example], blocks of 64, the last in steps of 8: the truth for f32-blocks. */
export function referenceToBlocks(x: Float32Array, batch: number, features: number): Float32Array {
  const padded = Math.ceil(batch / 8) * 8;
  const blocks = new Float32Array(padded * features);
  for (let example = 0; example < batch; example++) {
    const first = Math.floor(example / 64) * 64;
    const width = Math.min(64, padded - first);
    for (let feature = 0; feature < features; feature++)
      blocks[first * features + feature * width + (example - first)] = x[example * features + feature] as number;
  }
  return blocks;
}

/** The same back to row-major. */
export function referenceFromBlocks(blocks: Float32Array, batch: number, features: number): Float32Array {
  const numbers = referenceToBlocks(
    Float32Array.from({ length: batch * features }, (_, i) => i + 1),
    batch,
    features,
  );
  const x = new Float32Array(batch * features);
  numbers.forEach((number, i) => {
    if (number > 0) x[number - 1] = blocks[i] as number;
  });
  return x;
}

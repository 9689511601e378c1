/** Groups of rows that the int8 product's activations are packed in. */

/** Rows of a group: `highest`, the highest tile's, fewer for what is left. */
// @ts-ignore: decorator
@inline
export function heightOf(group: i32, rows: i32, highest: i32, exact: bool): i32 {
  const rest = rows - group * highest;
  // Products of 16 bits have a tile of one row only for weights that aren't widened.
  if (rest == 1 && !(exact && group > 0)) return 1;
  return rest <= 4 ? 4 : highest;
}

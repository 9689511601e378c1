/** Groups of rows that the int8 product's activations are packed in. */

/** Rows of a group: `highest`, the highest tile's, fewer for what is left. */
// @ts-ignore: decorator
@inline
export function heightOf(group: i32, rows: i32, highest: i32): i32 {
  const rest = rows - group * highest;
  // Of tiles of four rows only those that a single row meets have one for it.
  if (rest == 1 && (highest == 6 || group == 0)) return 1;
  return rest <= 4 ? 4 : highest;
}

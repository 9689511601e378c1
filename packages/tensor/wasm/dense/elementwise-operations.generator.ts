/** One elementwise operation: `value` is the AssemblyScript expression of a result vector. */
export interface Operation {
  /** Bytes of an element of each operand. */
  readonly inputs: readonly (1 | 4)[];
  readonly output: 1 | 4;
  /** From the vectors of the operands; besides them it may use the call's numbers `c` and `d`, splat, and `k`, where the constants of the vector functions are. */
  readonly value: (...vectors: string[]) => string;
  /** Vectors an iteration, an even number; fewer for what is many instructions long already. Default 4. */
  readonly vectors?: 2 | 4;
  /** How many of the call's numbers it takes. */
  readonly numbers?: 0 | 1 | 2;
}

const f32x4 = 'f32x4';
const i32x4 = 'i32x4';
const zero = 'f32x4.splat(0)';

/** A function of one vector, as `expression`, in which `x` is the vector. */
function unary(value: (x: string) => string, rest: Partial<Operation> = {}): Operation {
  return { inputs: [4], output: 4, value, ...rest };
}
/** A function of our own. */
const own = (name: string): Operation => unary((x) => `${name}(${x}, k)`, { vectors: 2 });
/** An instruction of one vector. */
const instruction = (name: string): Operation => unary((x) => `f32x4.${name}(${x})`);

function binary(value: (x: string, y: string) => string): Operation {
  return { inputs: [4, 4], output: 4, value };
}
const ownGradient = (name: string): Operation => ({ ...binary((dy, x) => `${name}(${dy}, ${x}, k)`), vectors: 2 });
const arithmetic = (lanes: string, name: string): Operation => binary((x, y) => `${lanes}.${name}(${x}, ${y})`);
const comparison = (lanes: string, name: string): Operation => ({
  inputs: [4, 4],
  output: 1,
  value: (x, y) => `${lanes}.${name}(${x}, ${y})`,
});
/** On bytes that are 0 or 1. */
const logical = (name: string): Operation => ({ inputs: [1, 1], output: 1, value: (x, y) => `v128.${name}(${x}, ${y})` });

/** Every elementwise kernel by its name. */
export const operations: Readonly<Record<string, Operation>> = {
  f32_add: arithmetic(f32x4, 'add'),
  f32_subtract: arithmetic(f32x4, 'sub'),
  f32_multiply: arithmetic(f32x4, 'mul'),
  f32_divide: arithmetic(f32x4, 'div'),
  f32_maximum: arithmetic(f32x4, 'max'),
  f32_minimum: arithmetic(f32x4, 'min'),
  f32_squared_difference: binary((x, y) => `f32x4.mul(f32x4.sub(${x}, ${y}), f32x4.sub(${x}, ${y}))`),
  f32_prelu: binary((x, y) => `prelu(${x}, ${y})`),
  f32_equal: comparison(f32x4, 'eq'),
  f32_not_equal: comparison(f32x4, 'ne'),
  f32_less: comparison(f32x4, 'lt'),
  f32_less_equal: comparison(f32x4, 'le'),

  i32_add: arithmetic(i32x4, 'add'),
  i32_subtract: arithmetic(i32x4, 'sub'),
  i32_multiply: arithmetic(i32x4, 'mul'),
  i32_maximum: arithmetic(i32x4, 'max_s'),
  i32_minimum: arithmetic(i32x4, 'min_s'),
  i32_negate: unary((x) => `i32x4.neg(${x})`),
  i32_floor_divide: binary((x, y) => `floorDivide(${x}, ${y})`),
  i32_power: binary((x, y) => `power(${x}, ${y})`),
  i32_equal: comparison(i32x4, 'eq'),
  i32_not_equal: comparison(i32x4, 'ne'),
  i32_less: comparison(i32x4, 'lt_s'),
  i32_less_equal: comparison(i32x4, 'le_s'),

  bool_and: logical('and'),
  bool_or: logical('or'),
  bool_xor: logical('xor'),
  bool_not: { inputs: [1], output: 1, value: (x) => `v128.xor(${x}, i8x16.splat(1))` },

  /** x where the condition holds, else y; of elements of 4 bytes and of 1. */
  b32_select: { inputs: [1, 4, 4], output: 4, value: (c, x, y) => `v128.bitselect(${x}, ${y}, i32x4.ne(${c}, i32x4.splat(0)))` },
  b8_select: { inputs: [1, 1, 1], output: 1, value: (c, x, y) => `v128.bitselect(${x}, ${y}, i8x16.ne(${c}, i8x16.splat(0)))` },

  f32_from_i32: unary((x) => `f32x4.convert_i32x4_s(${x})`),
  i32_from_f32: unary((x) => `i32x4.trunc_sat_f32x4_s(${x})`),
  f32_from_bool: { inputs: [1], output: 4, value: (x) => `f32x4.convert_i32x4_s(${x})` },
  i32_from_bool: { inputs: [1], output: 4, value: (x) => x },
  bool_from_f32: { inputs: [4], output: 1, value: (x) => `f32x4.ne(${x}, ${zero})` },
  bool_from_i32: { inputs: [4], output: 1, value: (x) => `i32x4.ne(${x}, i32x4.splat(0))` },

  f32_relu: unary((x) => `f32x4.pmax(${x}, ${zero})`),
  f32_relu6: unary((x) => `clip(${x}, ${zero}, constant(k, SIX))`),
  f32_leaky_relu: unary((x) => `prelu(${x}, c)`, { numbers: 1 }),
  f32_step: unary((x) => `step(${x}, c, k)`, { numbers: 1 }),
  f32_clip: unary((x) => `clip(${x}, c, d)`, { numbers: 2 }),
  f32_sign: unary((x) => `sign(${x}, k)`),
  f32_square: unary((x) => `f32x4.mul(${x}, ${x})`),
  f32_reciprocal: unary((x) => `f32x4.div(constant(k, ONE), ${x})`),
  f32_rsqrt: unary((x) => `f32x4.div(constant(k, ONE), f32x4.sqrt(${x}))`),
  f32_sqrt: instruction('sqrt'),
  f32_negate: instruction('neg'),
  f32_abs: instruction('abs'),
  f32_floor: instruction('floor'),
  f32_ceil: instruction('ceil'),
  f32_round: instruction('nearest'),
  f32_exp: own('exp'),
  f32_expm1: own('expm1'),
  f32_log: own('log'),
  f32_log1p: own('log1p'),
  f32_tanh: own('tanh'),
  f32_sigmoid: own('sigmoid'),
  f32_softplus: own('softplus'),
  f32_erf: own('erf'),
  f32_elu: own('elu'),
  f32_selu: own('selu'),
  f32_gelu: own('gelu'),
  f32_gelu_tanh: own('geluTanh'),
  f32_silu: own('silu'),

  // Gradients of activations from dy and the activation's argument x.
  f32_gelu_gradient: ownGradient('geluGradient'),
  f32_gelu_tanh_gradient: ownGradient('geluTanhGradient'),
  f32_silu_gradient: ownGradient('siluGradient'),

  // Gradients of activations from dy and the activation's own result y.
  f32_relu_gradient: binary((dy, y) => `v128.and(${dy}, f32x4.gt(${y}, ${zero}))`),
  f32_relu6_gradient: binary((dy, y) => `v128.and(${dy}, v128.and(f32x4.gt(${y}, ${zero}), f32x4.lt(${y}, constant(k, SIX))))`),
  f32_leaky_relu_gradient: { ...binary((dy, y) => `v128.bitselect(${dy}, f32x4.mul(${dy}, c), f32x4.gt(${y}, ${zero}))`), numbers: 1 },
  f32_sigmoid_gradient: binary((dy, y) => `f32x4.mul(${dy}, f32x4.mul(${y}, f32x4.sub(constant(k, ONE), ${y})))`),
  f32_tanh_gradient: binary((dy, y) => `f32x4.mul(${dy}, f32x4.sub(constant(k, ONE), f32x4.mul(${y}, ${y})))`),
  f32_elu_gradient: binary((dy, y) => `v128.bitselect(${dy}, f32x4.mul(${dy}, f32x4.add(${y}, constant(k, ONE))), f32x4.ge(${y}, ${zero}))`),
};

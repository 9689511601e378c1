import type { SafetensorsDtype } from '../safetensors-dtype.ts';

/** Numbers of onnx.TensorProto.DataType of dtypes that safetensors has too. */
export const onnxDtypes: Readonly<Record<number, SafetensorsDtype>> = {
  1: 'F32',
  2: 'U8',
  3: 'I8',
  4: 'U16',
  5: 'I16',
  6: 'I32',
  7: 'I64',
  9: 'BOOL',
  10: 'F16',
  11: 'F64',
  12: 'U32',
  13: 'U64',
  14: 'C64',
  16: 'BF16',
  17: 'F8_E4M3',
  18: 'F8_E4M3FNUZ',
  19: 'F8_E5M2',
  20: 'F8_E5M2FNUZ',
};

/** Those that only ONNX has. */
export const onnxOnlyDtypes: Readonly<Record<number, string>> = {
  0: 'UNDEFINED',
  8: 'STRING',
  15: 'COMPLEX128',
  23: 'FLOAT4E2M1',
};

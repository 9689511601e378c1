// `@x/tensor/arguments`: how functions on tensors refuse bad input, for packages that build on this one.
export {
  checkChoice,
  checkFunction,
  checkNumber,
  checkShape,
  checkTensor,
  describe,
  type NumberExpectation,
  type TensorExpectation,
} from './ops/arguments.ts';
export { checkArray, checkObject, checkOptions, checkText } from './ops/argument-kinds.ts';

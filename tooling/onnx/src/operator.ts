import type { Tensor } from '@tensorflow/tfjs-core';
import type { OnnxAttribute, OnnxTensor } from '@x/tensor/onnx';
import { NotRun } from './not-run.ts';
import { toTensor } from './value.ts';

/** The attributes of a node, with what ONNX says where one is missing. */
export class Attributes {
  readonly #values: Readonly<Record<string, OnnxAttribute>>;
  /** Of ONNX's operator set that the model was made for. */
  readonly version: number;

  constructor(values: Readonly<Record<string, OnnxAttribute>>, version: number) {
    this.#values = values;
    this.version = version;
  }

  has(name: string): boolean {
    return this.#values[name] !== undefined;
  }
  number(name: string, missing: number): number {
    return (this.#values[name] as number | undefined) ?? missing;
  }
  numbers(name: string): readonly number[] | undefined {
    return this.#values[name] as readonly number[] | undefined;
  }
  text(name: string, missing: string): string {
    return (this.#values[name] as string | undefined) ?? missing;
  }
  tensor(name: string): Tensor | undefined {
    const value = this.#values[name] as OnnxTensor | undefined;
    return value && toTensor(value.read());
  }
}

/** What an operator makes of its inputs; one that is left out is undefined. */
export type Operator = (inputs: readonly (Tensor | undefined)[], attributes: Attributes, outputs: number) => Tensor | readonly Tensor[];

export type Operators = Readonly<Record<string, Operator>>;

/** An input that ONNX demands. */
export function given(inputs: readonly (Tensor | undefined)[], index: number): Tensor {
  const value = inputs[index];
  if (!value) throw new Error(`Input ${index} is missing.`);
  return value;
}

/** The numbers in an input, such as a shape or axes. */
export function read(value: Tensor): number[] {
  return [...value.dataSync()];
}

export function refuse(what: string): never {
  throw new NotRun(`${what} is not in tfjs`);
}

/** A negative axis counts from the end. */
export function axisOf(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

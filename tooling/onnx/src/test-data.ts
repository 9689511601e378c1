import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where Debian's package `libonnx-testdata` puts ONNX's operator tests. */
export const debianFolder = '/usr/share/libonnx-testdata/data';

/** The groups of tests that are of single operators or small graphs of them. */
export const groups = ['node', 'pytorch-converted', 'pytorch-operator', 'simple'] as const;

export interface TestCase {
  readonly group: string;
  readonly name: string;
  /** Bytes of the model, and of the tensors that go in and come out, of each set of data. */
  model(): Uint8Array;
  dataSets(): { readonly inputs: Uint8Array[]; readonly outputs: Uint8Array[] }[];
}

/** The tests in a folder, or nothing if it isn't there. */
export function findTests(folder: string = debianFolder): TestCase[] | undefined {
  if (!existsSync(folder)) return undefined;
  return groups.flatMap((group) =>
    readdirSync(join(folder, group))
      .sort()
      .map((name): TestCase => {
        const path = join(folder, group, name);
        return {
          group,
          name,
          model: () => readFileSync(join(path, 'model.onnx')),
          dataSets: () =>
            readdirSync(path)
              .filter((entry) => entry.startsWith('test_data_set_'))
              .sort()
              .map((set) => ({ inputs: numbered(join(path, set), 'input'), outputs: numbered(join(path, set), 'output') })),
        };
      }),
  );
}

function numbered(folder: string, kind: string): Uint8Array[] {
  const number = (name: string): number => Number(/_(\d+)\.pb$/.exec(name)?.[1]);
  return readdirSync(folder)
    .filter((name) => name.startsWith(`${kind}_`) && name.endsWith('.pb'))
    .sort((a, b) => number(a) - number(b))
    .map((name) => readFileSync(join(folder, name)));
}

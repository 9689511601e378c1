import { parseArgs } from 'node:util';

const backends = ['x', 'cpu', 'wasm'] as const;
const gradients = ['own', 'tfjs'] as const;
const tiers = ['simd', 'relaxed', 'wide'] as const;

export type Backend = (typeof backends)[number];

export interface Options {
  readonly backend: Backend;
  /** Whose gradients are registered: those of @x/tensor or those of tfjs-core. */
  readonly gradients: (typeof gradients)[number];
  /** Another backend to compare with: specs that pass there and fail here are listed. */
  readonly against?: Backend;
  /** Runs only the specs whose names match. */
  readonly filter?: RegExp;
  readonly tier?: (typeof tiers)[number];
  readonly threads?: number;
  /** Backend x begins with 3 GiB of its heap taken, so that every address is one that is negative as a signed number. */
  readonly high: boolean;
  /** Takes from the list of expected failures what passes now or is gone. */
  readonly prune: boolean;
  /** Prints each failure in full, and what the specs print. */
  readonly verbose: boolean;
}

export const help = `pnpm conformance [options]

Runs tfjs-core's own published test suite and prints how many specs passed, failed and were skipped.

  --backend x|cpu|wasm    default x
  --gradients own|tfjs    whose gradients to register; default own on x, tfjs elsewhere
  --against cpu|wasm|x    also run this backend, and list what passes there but not here
  --filter REGEX          only the specs whose names match, for example '^conv2d'
  --tier simd|relaxed|wide, --threads N
                          for backend x; default the best that runs here
  --high                  for backend x; with 3 GiB of its heap taken, so that all addresses are above 2 GiB
  --prune                 take from expected-failures.json what passes now
  --verbose               each failure in full, and what the specs print
  --help
`;

/** Reads the command line; nothing if it asks for help. */
export function parseOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: args.filter((arg, index) => !(arg === '--' && index === 0)),
    options: {
      backend: { type: 'string', default: 'x' },
      gradients: { type: 'string' },
      against: { type: 'string' },
      filter: { type: 'string' },
      tier: { type: 'string' },
      threads: { type: 'string' },
      high: { type: 'boolean', default: false },
      prune: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const backend = oneOf('backend', values.backend, backends);
  return {
    backend,
    gradients: oneOf('gradients', values.gradients ?? (backend === 'x' ? 'own' : 'tfjs'), gradients),
    ...(values.against !== undefined && { against: oneOf('against', values.against, backends) }),
    ...(values.filter !== undefined && { filter: new RegExp(values.filter) }),
    ...(values.tier !== undefined && { tier: oneOf('tier', values.tier, tiers) }),
    ...(values.threads !== undefined && { threads: positive(values.threads) }),
    high: values.high,
    prune: values.prune,
    verbose: values.verbose,
  };
}

function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw new RangeError(`--${name} must be one of ${allowed.join(', ')}, not '${value}'.`);
  return found;
}

function positive(text: string): number {
  const threads = Number(text);
  if (!Number.isInteger(threads) || threads < 1) throw new RangeError(`--threads must be a whole number from 1, not '${text}'.`);
  return threads;
}

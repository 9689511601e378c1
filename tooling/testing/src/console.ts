/** As the console would have it; in a browser, which has nothing for that, one after another. */
const { format } = ('process' in globalThis ? process.getBuiltinModule?.('node:util') : undefined) ?? {
  format: (...args: unknown[]) => args.map(String).join(' '),
};

const methods = ['debug', 'error', 'info', 'log', 'trace', 'warn'] as const;
type Sink = Pick<Console, (typeof methods)[number]>;

/**
 * Records what is printed through `sink` until `stop()`, which restores it and throws when anything was.
 * A test that means to print replaces the method itself (`vi.spyOn(console, 'warn')`) and so is not seen here.
 */
export function watchConsole(sink: Sink, { allowed = [] as readonly RegExp[] } = {}): { stop(): void } {
  const printed: string[] = [];
  const originals = methods.map((method) => [method, sink[method]] as const);
  for (const [method] of originals) {
    sink[method] = (...args: unknown[]) => {
      const text = format(...args);
      if (!allowed.some((pattern) => pattern.test(text))) printed.push(`console.${method}: ${text}`);
    };
  }
  return {
    stop() {
      for (const [method, original] of originals) sink[method] = original;
      if (printed.length > 0) {
        throw new Error(
          `The test printed ${printed.length} message${printed.length > 1 ? 's' : ''}; a library prints nothing. ` +
            `If the message is what is tested, observe it with vi.spyOn(console, …).\n  ${printed.join('\n  ')}`,
        );
      }
    },
  };
}

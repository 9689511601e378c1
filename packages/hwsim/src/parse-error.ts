/** A file that can't be read, with the place and the reason: `topology.csv:7: Strides is "x", expected ...`. */
export class ParseError extends Error {
  readonly file: string;
  readonly line: number;
  readonly reason: string;

  constructor(file: string, line: number, reason: string) {
    super(`${file}${line > 0 ? `:${line}` : ''}: ${reason}`);
    this.name = 'ParseError';
    this.file = file;
    this.line = line;
    this.reason = reason;
  }
}

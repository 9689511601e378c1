/** A file couldn't be written; what stood there before still does. */
export class FileWriteError extends Error {
  override readonly name: string = 'FileWriteError';
  /** The system's name of the cause, such as `ENOSPC`. */
  readonly code: string | undefined;
  readonly path: string;

  constructor(where: string, path: string, bytes: number, cause: NodeJS.ErrnoException) {
    super(
      `${where}: '${path}' (${bytes.toLocaleString('en')} bytes) couldn't be written: ${reason(cause)} What was there before is unchanged.`,
      {
        cause,
      },
    );
    this.code = cause.code;
    this.path = path;
  }
}

function reason({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOSPC' || code === 'EDQUOT') return `no space is left there (${code}); free some or choose another place.`;
  if (code === 'EFBIG') return `files there may not grow so large (${code}); split it into several.`;
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return `it is not allowed (${code}); choose another place.`;
  if (code === 'ENOENT') return `its folder is not there (${code}); make it first.`;
  return `${message}.`;
}

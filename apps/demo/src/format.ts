/** 60000 as 60,000. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** 0.8912 as 89.12 %. */
export function percent(part: number): string {
  return `${(part * 100).toFixed(2)} %`;
}

/** Three figures and no exponent: 1305, 25.8, 0.123. */
export function threeFigures(value: number): string {
  if (value >= 100) return whole(value);
  return value >= 10 ? value.toFixed(1) : value >= 1 ? value.toFixed(2) : value.toFixed(3);
}

/** Bytes in the unit that suits them. */
export function byteSize(bytes: number): string {
  if (bytes < 1e3) return `${bytes} B`;
  return bytes < 1e6 ? `${threeFigures(bytes / 1e3)} kB` : `${threeFigures(bytes / 1e6)} MB`;
}

/** Several things in a sentence, or one that stands for none. */
export function count(number: number, singular: string, plural = `${singular}s`): string {
  return `${whole(number)} ${number === 1 ? singular : plural}`;
}

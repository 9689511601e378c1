const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const threeFigures = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

/** 12,345 from 1000 on, else three figures. */
export function count(value: number): string {
  return (value >= 1000 ? whole : threeFigures).format(value);
}

/** A part of 1, such as `91.2 %`. */
export function percent(part: number): string {
  return `${(part * 100).toFixed(1)} %`;
}

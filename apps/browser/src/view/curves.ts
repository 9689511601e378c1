import UPlot from 'uplot';

/** The page's colours that a curve may have. */
export type CurveColor = 'first' | 'second';

export interface Curve {
  readonly label: string;
  readonly color: CurveColor;
  /** Whether its values are few, and shown as dots too. */
  readonly dots?: boolean;
}

export interface Curves {
  /** Adds a value to a curve at `x`, which never falls. */
  add(curve: number, x: number, value: number): void;
  /** How far `x` will go. */
  until(x: number): void;
  clear(): void;
  /** The last values in words, for who can't see the curves. */
  describe(): string;
}

/** Curves that grow while one looks at them; they follow the size of their place and the page's light and dark. */
export function curves(
  place: HTMLElement,
  lines: readonly Curve[],
  xLabel: string,
  range: (least: number, most: number) => [number, number],
): Curves {
  const xs: number[] = [];
  const ys: (number | null)[][] = lines.map(() => []);
  let plot: UPlot | undefined;
  let pending = false;
  let end = 1;

  function draw(): void {
    const style = getComputedStyle(place);
    // A canvas doesn't know light-dark(): the browser resolves it in a colour that is used.
    const color = (name: string): string => {
      place.style.setProperty('outline-color', `var(--${name})`);
      const value = style.outlineColor;
      place.style.removeProperty('outline-color');
      return value;
    };
    const axis: UPlot.Axis = {
      stroke: color('quiet'),
      font: '12px system-ui, sans-serif',
      labelFont: '12px system-ui, sans-serif',
      grid: { stroke: color('line'), width: 1 },
      ticks: { show: false },
    };
    plot?.destroy();
    plot = new UPlot(
      {
        width: place.clientWidth,
        height: place.clientHeight,
        legend: { show: false },
        cursor: { show: false },
        scales: {
          x: { time: false, range: () => [0, end] },
          y: { range: (_plot, least, most) => range(least, most) },
        },
        axes: [
          { ...axis, label: xLabel, labelSize: 16, size: 30, space: 60 },
          { ...axis, size: 40, space: 40 },
        ],
        series: [
          {},
          ...lines.map(({ label, color: name, dots = false }): UPlot.Series => ({
            label,
            stroke: color(name),
            width: 2,
            spanGaps: true,
            points: { show: dots, size: 5, fill: color(name) },
          })),
        ],
      },
      [xs, ...ys],
      place,
    );
  }

  function refresh(): void {
    if (pending) return;
    pending = true;
    requestAnimationFrame(() => {
      pending = false;
      plot?.setData([xs, ...ys]);
    });
  }

  draw();
  new ResizeObserver(() => plot?.setSize({ width: place.clientWidth, height: place.clientHeight })).observe(place);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);

  return {
    add(curve, x, value) {
      if (xs.at(-1) !== x) {
        xs.push(x);
        for (const values of ys) values.push(null);
      }
      ys[curve]![xs.length - 1] = value;
      refresh();
    },
    until(x) {
      end = x;
    },
    clear() {
      xs.length = 0;
      for (const values of ys) values.length = 0;
      refresh();
    },
    describe() {
      const known = lines.flatMap(({ label }, index) => {
        const value = ys[index]!.findLast((last) => last !== null);
        return value === undefined || value === null ? [] : [`${label} ${value.toPrecision(3)}`];
      });
      return known.length > 0 ? known.join(', ') : 'nothing yet';
    },
  };
}

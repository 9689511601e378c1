/** One line of a chart: y for each x, gaps where undefined. */
export interface Line {
  readonly name: string;
  readonly values: readonly (number | undefined)[];
}

const colors = ['#4477aa', '#ee6677', '#228833', '#ccbb44', '#66ccee', '#aa3377', '#888888'];
const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [720, 400, 60, 190, 40, 50];

/** A line chart over named positions, as an SVG document that is read on light and dark pages. */
export function lineChart(
  title: string,
  axis: string,
  positions: readonly string[],
  lines: readonly Line[],
  [low, high]: readonly [number, number],
): string {
  const x = (index: number): number => LEFT + (index / (positions.length - 1)) * (WIDTH - LEFT - RIGHT);
  const y = (value: number): number =>
    HEIGHT - BOTTOM - ((Math.min(Math.max(value, low), high) - low) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  const ticks = Array.from({ length: Math.floor((high - low) / 5) + 1 }, (_, index) => low + 5 * index);
  const text = (at: readonly [number, number], content: string, anchor = 'middle'): string =>
    `<text x="${at[0]}" y="${at[1]}" text-anchor="${anchor}">${content}</text>`;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="13" fill="#444">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text([LEFT, 22], title, 'start'),
    ...ticks.flatMap((tick) => [
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(tick)}" y2="${y(tick)}" stroke="#ddd"/>`,
      text([LEFT - 8, y(tick) + 4], String(tick), 'end'),
    ]),
    ...positions.map((name, index) => text([x(index), HEIGHT - BOTTOM + 20], name)),
    text([(LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10], axis),
    ...lines.flatMap(({ name, values }, index) => {
      const color = colors[index % colors.length]!;
      const points = values.flatMap((value, at) => (value === undefined ? [] : [[x(at), y(value)] as const]));
      const label = TOP + 10 + index * 20;
      return [
        `<polyline fill="none" stroke="${color}" stroke-width="2" points="${points.map(([px, py]) => `${px.toFixed(1)},${py.toFixed(1)}`).join(' ')}"/>`,
        ...points.map(([px, py]) => `<circle cx="${px.toFixed(1)}" cy="${py.toFixed(1)}" r="3" fill="${color}"/>`),
        `<line x1="${WIDTH - RIGHT + 15}" x2="${WIDTH - RIGHT + 35}" y1="${label}" y2="${label}" stroke="${color}" stroke-width="2"/>`,
        text([WIDTH - RIGHT + 42, label + 4], name, 'start'),
      ];
    }),
    '</svg>',
  ];
  return `${parts.join('\n')}\n`;
}

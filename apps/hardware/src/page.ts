import { drawChart, htmlPage, htmlTable, type ChartSpec } from '@x/hwsim';
import type { Cost } from './costs.ts';
import { header, rows } from './table.ts';
import type { TrainedNetwork } from './trained-network.ts';

/** A network and what it costs where. */
export interface Costed {
  readonly network: Pick<TrainedNetwork, 'name' | 'layers' | 'accuracy'>;
  readonly costs: readonly Cost[];
}

/** Everything on one page that loads nothing. */
export async function page(costed: readonly Costed[], batch: number): Promise<string> {
  const sections = [
    {
      title: 'What this is',
      body: `<p>Estimates by the roofline of each chip's published figures, not measurements: per image, ${batch} at once. Energy is arithmetic, memory traffic and idling; chips that can't skip zeros gain nothing in arithmetic from sparse weights, only in what they read.</p>`,
    },
  ];
  for (const { network, costs } of costed) {
    const title = `${network.name}: ${network.layers}, ${(100 * network.accuracy).toFixed(2)} % of test images right`;
    sections.push(
      { title, body: await drawChart(chart(costs, 'time', 'seconds an image')) },
      { title: `${network.name}: energy`, body: await drawChart(chart(costs, 'energy', 'joules an image')) },
      { title: `${network.name}: all figures, an image`, body: htmlTable(header, rows(costs)) },
    );
  }
  return htmlPage('Networks of the demo on hardware that isn’t here', sections);
}

/** A dot for each chip and variant on a logarithmic axis. */
function chart(costs: readonly Cost[], what: 'time' | 'energy', title: string): ChartSpec {
  // In the table's order, which has single precision first where there is any.
  const variants = [...new Set(costs.filter(({ chip }) => chip === costs.at(-1)!.chip).map(({ variant }) => variant))];
  return {
    width: 760,
    height: { step: 26 },
    data: { values: costs.map((cost) => ({ chip: cost.chip, variant: cost.variant, amount: cost[what] })) },
    mark: { type: 'point', filled: true, size: 70, opacity: 0.8 },
    encoding: {
      y: { field: 'chip', type: 'nominal', sort: null, title: null, axis: { grid: true } },
      x: { field: 'amount', type: 'quantitative', scale: { type: 'log' }, axis: { format: '~s', tickCount: 8 }, title },
      color: {
        field: 'variant',
        type: 'nominal',
        sort: null,
        scale: { domain: variants },
        title: null,
        legend: { orient: 'bottom', columns: 4 },
      },
      shape: { field: 'variant', type: 'nominal', sort: null, title: null, scale: { domain: variants } },
    },
  };
}

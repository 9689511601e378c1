import { deviceLoads, type Assignment, type PlacementGraph } from '../placement/placement-graph.ts';
import type { SearchResult } from '../placement/search-result.ts';
import { drawChart, type ChartSpec } from './chart.ts';
import { htmlPage, htmlTable } from './page.ts';
import { requireNumber, requireObject, requireOptions, requireText } from '../validation.ts';

/**
 * Learning curves: the best load after so many placements, on a logarithmic axis.
 *
 * @param runs searches by what they are called
 * @param options.reference a load to compare with, such as the contiguous optimum; drawn as a line
 */
export function learningCurveSpec(runs: Readonly<Record<string, SearchResult>>, options: { reference?: number } = {}): ChartSpec {
  const { reference } = requireOptions(options);
  requireObject('runs', runs);
  if (reference !== undefined) requireNumber('options.reference', reference);
  const least = Math.min(...Object.values(runs).map(({ load }) => load), reference ?? Infinity);
  const values = Object.entries(runs).flatMap(([method, { curve }]) =>
    curve.filter(({ load }) => load < 1.3 * least).map(({ evaluations, load }) => ({ method, placements: evaluations, load })),
  );
  return {
    width: 800,
    height: 260,
    layer: [
      {
        data: { values },
        mark: { type: 'line', interpolate: 'step-after' },
        encoding: {
          x: { field: 'placements', type: 'quantitative', scale: { type: 'log' }, title: 'placements costed', axis: { format: '~s' } },
          y: { field: 'load', type: 'quantitative', scale: { zero: false }, title: 'maximum load (time units of the graph)' },
          color: { field: 'method', type: 'nominal', title: null, legend: { orient: 'bottom', columns: 4, labelLimit: 300 } },
        },
      },
      ...(reference === undefined
        ? []
        : [
            {
              data: { values: [{ reference }] },
              mark: { type: 'rule' as const, strokeDash: [4, 4] },
              encoding: { y: { field: 'reference', type: 'quantitative' as const } },
            },
          ]),
    ],
  };
}

/** A placement as one HTML page: the load of each device, and of searches the learning curve. */
export async function placementHtml(
  title: string,
  graph: PlacementGraph,
  assignment: Assignment,
  options: { runs?: Readonly<Record<string, SearchResult>>; reference?: number } = {},
): Promise<string> {
  const { runs, reference } = requireOptions(options);
  requireText('title', title);
  const loads = deviceLoads(graph, assignment);
  const rows = Array.from(loads, (load, d) => ({
    device: d < graph.accelerators ? `accelerator ${d}` : `CPU ${d - graph.accelerators}`,
    load,
    nodes: graph.nodes.filter((node) => assignment[node.group] === d).map((node) => node.name),
  }));
  const spec: ChartSpec = {
    width: 800,
    height: { step: 22 },
    data: { values: rows.map(({ device, load }) => ({ device, load })) },
    mark: 'bar',
    encoding: {
      y: { field: 'device', type: 'nominal', sort: null, title: null },
      x: { field: 'load', type: 'quantitative', title: 'load (time units of the graph)' },
    },
  };
  return htmlPage(`Placement: ${title}`, [
    { title: 'Load of each device', body: await drawChart(spec) },
    ...(runs
      ? [{ title: 'Learning curve', body: await drawChart(learningCurveSpec(runs, reference === undefined ? {} : { reference })) }]
      : []),
    {
      title: 'Devices',
      body: htmlTable(
        ['device', 'load', 'nodes', ''],
        rows.map(({ device, load, nodes }) => [device, Number(load.toPrecision(8)), nodes.length, nodes.join(' ')]),
      ),
    },
  ]);
}

import type { TopLevelSpec } from 'vega-lite';
import { requireObject } from '../validation.ts';

/** A drawing's data and marks, in Vega-Lite's terms. */
export type ChartSpec = TopLevelSpec;

/**
 * Draws a Vega-Lite specification as SVG, in Node and browsers alike. Vega is loaded on first use.
 *
 * @returns the `<svg>` element's text
 */
export async function drawChart(spec: ChartSpec): Promise<string> {
  requireObject('spec', spec);
  const [{ View, parse }, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  const view = new View(parse(compile(spec).spec), { renderer: 'none' });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

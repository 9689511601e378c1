import { describe, expect, it } from 'vitest';
import { hardware, layerGraph, oneForwardOneBackward, pipelineHtml, reportHtml, simulate, simulatePipeline } from '../../src/index.ts';
import { withUnit } from '../../src/html/page.ts';

/** Nothing is fetched: no address but those that name SVG's vocabulary. */
function loads(html: string): string[] {
  return [...html.matchAll(/(?:src|href|url\()\s*=?\s*["'(]?(https?:[^"')\s]+)/g)].map((match) => match[1]!);
}

describe('HTML', () => {
  it('draws a report on one page that loads nothing', async () => {
    const chip = hardware('a100');
    const report = simulate({
      model: layerGraph('<net> & "co"', [{ name: '<a>', operation: { type: 'gemm', m: 64, n: 64, k: 64 } }]),
      hardware: chip,
      precision: 'bf16',
      training: {},
    });
    const html = await report.toHtml();
    expect(html).toBe(await reportHtml(report, chip));
    for (const title of [
      'Summary',
      'Roofline',
      'Time of each layer',
      'Utilisation of each layer',
      'Energy',
      'Memory over time',
      'Timeline',
    ])
      expect(html).toContain(`<h2>${title}</h2>`);
    expect(html.match(/<svg/g)!.length).toBe(6);
    expect(html).not.toContain('<script');
    expect(html).not.toContain('<net>');
    expect(loads(html)).toEqual([]);
  });
  it('draws a pipeline with its bubbles', async () => {
    const html = await pipelineHtml(simulatePipeline(oneForwardOneBackward(4, 8), { forward: 1, backward: 2 }));
    expect(html).toContain('bubble');
    // One bar a pass, and one a gap.
    expect(html.match(/aria-roledescription="bar"/g)!.length).toBeGreaterThan(64);
  });
  it('writes units', () => {
    expect([withUnit(0.00123, 's'), withUnit(1.5e9, 'B'), withUnit(0, 'J'), withUnit(1000, 'W'), withUnit(4.2e-12, 'J')]).toEqual([
      '1.23 ms',
      '1.5 GB',
      '0 J',
      '1 kW',
      '4.2 pJ',
    ]);
  });
});

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fromLayers } from '@x/hwsim';
import { disable, enable } from '@x/tensor';
import writeFileAtomic from 'write-file-atomic';
import { costsOf } from './costs.ts';
import type { HardwareOptions } from './options.ts';
import { page, type Costed } from './page.ts';
import { rows, textTable } from './table.ts';
import { trainedNetwork } from './trained-network.ts';
import { variantsOf } from './variants.ts';

/** The whole job: networks in, one table and one page out. */
export async function run({ models, batch, density, out }: HardwareOptions, say: (line: string) => void): Promise<readonly Costed[]> {
  const runtime = await enable();
  await runtime.load('sparse');
  try {
    const costed: Costed[] = [];
    for (const directory of models) {
      const { net, inputs, ...network } = await trainedNetwork(directory);
      try {
        const graph = fromLayers(net, [1, inputs], { name: network.name });
        costed.push({ network, costs: costsOf(variantsOf(graph, density), batch) });
      } finally {
        net.dispose();
      }
    }
    for (const { network, costs } of costed) {
      say(`\n${network.name}: ${network.layers}, ${(100 * network.accuracy).toFixed(2)} % of test images right`);
      say(`An image, ${batch} at once, estimated from each chip's published figures:\n`);
      say(textTable(rows(costs)));
    }
    await mkdir(out, { recursive: true });
    const [html, json] = [join(out, 'hardware.html'), join(out, 'hardware.json')];
    await writeFileAtomic(html, await page(costed, batch));
    await writeFileAtomic(
      json,
      `${JSON.stringify({ batch, unit: { time: 's', energy: 'J', memory: 'B' }, networks: costed }, undefined, 2)}\n`,
    );
    say(`\nPage     ${html}\nNumbers  ${json}`);
    return costed;
  } finally {
    await disable();
  }
}

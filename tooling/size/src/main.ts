// pnpm size: prints what each package weighs, and fails when one is over its ceiling.
import { fileURLToPath } from 'node:url';
import { complaint, formatSizes, measureSizes } from './measure.ts';

try {
  const sizes = measureSizes(fileURLToPath(new URL('../../..', import.meta.url)));
  console.log(formatSizes(sizes));
  const complaints = sizes.flatMap((size) => complaint(size) ?? []);
  if (complaints.length > 0) throw new Error(complaints.join('\n'));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}

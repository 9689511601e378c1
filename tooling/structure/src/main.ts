// pnpm structure: fails, with one line a finding, when the monorepo breaks a rule of its layout.
import { fileURLToPath } from 'node:url';
import { checkStructure } from './check.ts';

const findings = checkStructure(fileURLToPath(new URL('../../..', import.meta.url)));
for (const { where, message } of findings) console.error(`${where} ${message}.`);
if (findings.length > 0) process.exitCode = 1;
else console.log('Every package has what it must, and imports what it may.');

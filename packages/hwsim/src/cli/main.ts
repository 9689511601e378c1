#!/usr/bin/env node
import { program } from './program.ts';

try {
  await program({ say: (line) => console.log(line), note: (line) => console.error(line) }).parseAsync();
} catch (error) {
  console.error(`hwsim: ${(error as Error).message}`);
  process.exitCode = 1;
}

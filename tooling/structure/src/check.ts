import { boundaries } from './rules/boundaries.ts';
import { contents } from './rules/contents.ts';
import { manifest } from './rules/manifest.ts';
import { readWorkspace, type Finding, type Rule } from './workspace.ts';

const rules: readonly Rule[] = [manifest, contents, boundaries];

/** Everything in the monorepo at `root` that breaks a rule. */
export function checkStructure(root: string): Finding[] {
  const workspace = readWorkspace(root);
  return rules.flatMap((rule) => rule(workspace)).sort((a, b) => (a.where < b.where ? -1 : a.where > b.where ? 1 : 0));
}

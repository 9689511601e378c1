import { parseSync } from 'oxc-parser';

export interface Expectation {
  /** Line within the code, counted from 0. */
  readonly line: number;
  /** What stands after `// =>`. */
  readonly expected: string;
}

export interface Instrumented {
  /** The code with a call `__observe(n, value)` or `__print(n, ...args)` for the n-th expectation, line breaks unmoved. */
  readonly code: string;
  readonly expectations: readonly Expectation[];
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Makes a snippet report each value that a `// => value` comment speaks of: the value of an expression statement, the
 * arguments of a `console.log` statement, or the variable of a declaration, on the comment's line or the one before.
 *
 * @throws SyntaxError when the code doesn't parse, or a comment follows none of these.
 */
export function instrument(code: string): Instrumented {
  const { program, comments, errors } = parseSync('snippet.ts', code, { lang: 'ts', sourceType: 'module' });
  if (errors.length > 0) throw new SyntaxError(`line ${lineAt(code, errors[0]!.labels[0]?.start ?? 0) + 1}: ${errors[0]!.message}`);
  const statements = collectStatements(program);
  const edits: { start: number; end: number; text: string }[] = [];
  const expectations: Expectation[] = [];
  for (const comment of comments) {
    const expected = /^\s*=>\s*(.*?)\s*$/.exec(comment.value)?.[1];
    if (comment.type !== 'Line' || expected === undefined) continue;
    const line = lineAt(code, comment.start);
    const statement = statements.findLast(
      (node) => node.end <= comment.start && /^[ \t;]*\r?\n?[ \t]*$/.test(code.slice(node.end, comment.start)),
    );
    if (!statement)
      throw new SyntaxError(`line ${line + 1}: "// => ${expected}" follows no expression, console.log or declaration of one variable.`);
    edits.push({ start: statement.start, end: statement.end, text: observation(code, statement, expectations.length, line) });
    expectations.push({ line, expected });
  }
  let out = code;
  for (const edit of edits.toSorted((a, b) => b.start - a.start)) out = out.slice(0, edit.start) + edit.text + out.slice(edit.end);
  return { code: out, expectations };
}

/** Expression statements and declarations, those that end first coming first, and of nested ones the outer first. */
function collectStatements(root: unknown): Node[] {
  const found: Node[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const element of value) visit(element);
    else if (typeof value === 'object' && value !== null) {
      const node = value as Node;
      if (node.type === 'ExpressionStatement' || node.type === 'VariableDeclaration') found.push(node);
      for (const child of Object.values(value)) visit(child);
    }
  };
  visit(root);
  return found.sort((a, b) => a.end - b.end || a.start - b.start);
}

function observation(code: string, statement: Node, index: number, line: number): string {
  const text = (node: Node): string => code.slice(node.start, node.end);
  if (statement.type === 'VariableDeclaration') {
    const { declarations } = statement as unknown as { declarations: readonly { id: Node }[] };
    const [first] = declarations;
    if (declarations.length !== 1 || first?.id.type !== 'Identifier')
      throw new SyntaxError(`line ${line + 1}: "// =>" can speak of one variable only; declare it alone.`);
    const name = (first.id as unknown as { name: string }).name;
    return `${text(statement).replace(/;$/, '')}; __observe(${index}, ${name});`;
  }
  const { expression } = statement as unknown as { expression: Node };
  if (expression.type === 'CallExpression') {
    const call = expression as unknown as { callee: Node; arguments: readonly Node[] };
    if (text(call.callee) === 'console.log') return `__print(${[index, ...call.arguments.map(text)].join(', ')});`;
  }
  return `__observe(${index}, (${text(expression)}));`;
}

function lineAt(code: string, offset: number): number {
  return code.slice(0, offset).split('\n').length - 1;
}

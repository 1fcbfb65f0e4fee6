/**
 * Hot paths in one piece: `flat((…) => …)` in a module becomes the function itself, with the functions of the module that it
 * calls, and those that they call, written out in the place of their calls; so does `short((…) => …)`, unless V8 does better
 * with it as it is (docs/adr/0015).
 *
 * Nothing else changes: arguments are evaluated once and in their order, and names get a number where they could meet. What
 * cannot be written out stays a call: a constant, which is what `apart` makes of a function, one with a function, a `try`,
 * a `switch` or `this` in it, one that calls itself, one that
 * would be long, and whatever is called in a `throw`, behind a `??` or in the head of a loop.
 */
import MagicString from 'magic-string';
import type { Plugin } from 'rolldown';
import { parseAst } from 'rolldown/parseAst';
import { Flattener } from './flattener.ts';
import { type Fn, isCall, isNamed, type Node, within } from './tree.ts';

/** The marks, as the bundler may have named them. */
const MARK = /^(?:flat|short)(?:\$\d+)?$/;
const SHORT = /^short/;
/**
 * V8 puts a function of up to 460 bytes of byte code in its callers, which is about this many characters when written out. Of what
 * is longer, and shorter than the second number, it can put in line nearly all, function by function, before it has used up 920.
 */
const [IN_ONE_PIECE, BY_ITSELF] = [1800, 2500];

/** A plugin that does it to a chunk. It fails when a mark is in it that it cannot follow. */
export const flatPaths: Plugin = {
  name: 'flat-paths',
  renderChunk(code) {
    const text = new MagicString(code);
    for (const { start, end, flat } of flattened(code)) text.update(start, end, flat);
    return { code: text.toString(), map: text.generateMap({ hires: true }) };
  },
};

/** What becomes of each marked function of a module, and where it is. */
export function flattened(code: string): { readonly start: number; readonly end: number; readonly flat: string }[] {
  const { body } = parseAst(code) as unknown as { readonly body: readonly Node[] };
  return body.flatMap((top) => {
    const marks = [...within(top)].flatMap((node) => {
      const marked = markedBy(node);
      return marked ? [{ node, marked }] : [];
    });
    if (marks.length === 0) return [];
    const flattener = new Flattener(code, body, top);
    return marks.map(({ node: { start, end }, marked }) => {
      const flat = flattener.function(marked);
      const isLeft = SHORT.test(code.slice(start, end)) && flat.length > IN_ONE_PIECE && flat.length < BY_ITSELF;
      return { start, end, flat: isLeft ? code.slice(marked.start, marked.end) : flat };
    });
  });
}

/** The function that a call of a mark is about. */
function markedBy(node: Node): Fn | undefined {
  if (!isCall(node) || !isNamed(node.callee) || !MARK.test(node.callee.name)) return undefined;
  const [marked] = node.arguments;
  if (marked?.type === 'ArrowFunctionExpression') return marked as Fn;
  throw new Error(`${node.callee.name}: it has to be called with an arrow function`);
}

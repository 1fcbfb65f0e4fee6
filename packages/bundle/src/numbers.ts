/** The constants of a module that are numbers, written out as such: what the bundle does between its two passes. */
import { rmSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import MagicString from 'magic-string';
import type { Plugin } from 'rolldown';
import { parseAst } from 'rolldown/parseAst';

type Statement = ReturnType<typeof parseAst>['body'][number];

/** The module that the constants are moved to. */
const NUMBERS = 'numbers';
/** How constants are named, and nothing else. */
const CONSTANT = /^[A-Z][A-Z0-9_]*(\$\d+)?$/;

/**
 * A plugin that writes each constant at the top of `module`, imported or not, as the number that it is. The module is run once
 * to know them: structures are laid out when it starts, and only then is it known which word a field is. The bundler puts
 * constants of another module where they are used, so that is where they go. `scratch` is a file that may be written, from
 * where the imports of the module resolve.
 */
export function writtenNumbers(module: string, scratch: string): Plugin {
  let numbers = '';
  return {
    name: 'written-numbers',
    resolveId: (id) => (id === NUMBERS ? id : null),
    load: (id) => (id === NUMBERS ? numbers : null),
    async transform(code, id) {
      if (id !== module) return null;
      const statements = parseAst(code).body.map((node) => ({ node, names: namesOf(node) }));
      const values = await valuesOf(
        code,
        statements.flatMap(({ names }) => names),
        scratch,
      );
      const text = new MagicString(code);
      const found = statements.flatMap(({ node, names }) => takeOut(text, node, names, values));
      numbers = found.map((name) => `export const ${name} = ${values[name]};`).join('\n');
      text.prepend(`import { ${found.join(', ')} } from '${NUMBERS}';\n`);
      return { code: text.toString(), map: text.generateMap({ hires: true }) };
    },
  };
}

/** Takes those out of a statement that are numbers, and names them; none where one that is not stands beside them. */
function takeOut(
  text: MagicString,
  node: Statement,
  names: readonly string[],
  values: Readonly<Record<string, unknown>>,
): string[] {
  const numbers = names.filter((name) => CONSTANT.test(name) && Number.isSafeInteger(values[name]));
  const others = names.filter((name) => !numbers.includes(name));
  if (node.type === 'ImportDeclaration' && node.specifiers.every(isByItsName)) {
    text.overwrite(node.start, node.end, `import { ${others.join(', ')} } from ${node.source.raw};`);
    return numbers;
  }
  if (numbers.length === 0 || others.length > 0) return [];
  text.remove(node.start, node.end);
  return numbers;
}

/** What a statement at the top imports or declares as constant, in patterns of one level. */
function namesOf(node: Statement): string[] {
  if (node.type === 'ImportDeclaration') return node.specifiers.map(({ local }) => local.name);
  if (node.type !== 'VariableDeclaration' || node.kind !== 'const') return [];
  const ids = node.declarations.flatMap(({ id }) =>
    id.type === 'ObjectPattern' ? id.properties.map((p) => (p.type === 'Property' ? p.value : p)) : [id],
  );
  return ids.flatMap((id) => (id.type === 'Identifier' ? [id.name] : []));
}

/** Whether an import has the name that it was exported with. */
function isByItsName(specifier: Extract<Statement, { type: 'ImportDeclaration' }>['specifiers'][number]): boolean {
  const { type, local } = specifier;
  return (
    type === 'ImportSpecifier' && specifier.imported.type === 'Identifier' && specifier.imported.name === local.name
  );
}

/** What these names stand for when the code has run. */
async function valuesOf(code: string, names: readonly string[], scratch: string): Promise<Record<string, unknown>> {
  writeFileSync(scratch, `${code}\nexport const namesAndValues = { ${names.join(', ')} };\n`);
  try {
    const { namesAndValues } = await import(pathToFileURL(scratch).href);
    return namesAndValues;
  } finally {
    rmSync(scratch);
  }
}

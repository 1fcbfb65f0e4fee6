/** What V8 needs of the libraries as they are built, and what the bundler refuses. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseAst } from 'rolldown/parseAst';
import { afterAll, describe, expect, test } from 'vitest';
import { bundlePackage } from '../src/index.ts';

const packages = join(import.meta.dirname, '..', '..');
const strategies = ['core-hierarchical', 'core-flat', 'core-pidspace', 'core-idr'];

describe.each([...strategies, 'process-table'])('%s as it is built', (name) => {
  const folder = join(packages, name);
  const code = readFileSync(join(folder, 'dist', 'index.js'), 'utf8');
  const { body } = parseAst(code);

  test('has only the contract for an import', () => {
    const sources = body.flatMap((node) => (node.type === 'ImportDeclaration' ? [node.source.value] : []));
    expect(new Set(sources)).toEqual(new Set(['@pidlab/contract']));
  });

  test('has no function at its top that could be assigned to', () => {
    const found = body.filter(({ type }) => type === 'FunctionDeclaration').map((node) => lineOf(code, node.start));
    expect(found).toEqual([]);
    expect(body.filter(isConstFunction).length).toBeGreaterThan(50);
  });

  test('has no variable at its top that could be written', () => {
    const found = body.filter((node) => node.type === 'VariableDeclaration' && node.kind !== 'const');
    expect(found.map((node) => lineOf(code, node.start))).toEqual([]);
  });

  test('uses no constant that is a number by its name: what is left of them is for whoever imports them', async () => {
    const exported = body.flatMap((node) => (node.type === 'ExportNamedDeclaration' ? node.specifiers : []));
    const names = exported.map(({ local }) => code.slice(local.start, local.end));
    const used = identifiersOf(body.filter(({ type }) => type !== 'ExportNamedDeclaration'));
    for (const name of await numbersAtTheTop(folder, code)) {
      expect(names).toContain(name);
      expect(used.filter((identifier) => identifier === name)).toEqual([name]);
    }
  });
});

describe.each(strategies)('%s as it is built', (name) => {
  const file = join(packages, name, 'dist', 'index.js');
  const code = readFileSync(file, 'utf8');
  const map = new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')));
  const places = [...code.matchAll(/\bAtomics\b/g)].map(({ index }) => sourceOf(map, code, index));

  test('uses Atomics only in the copy for blocks that are shared', () => {
    expect(places.length).toBeGreaterThan(3);
    expect(places.filter((source) => !source.endsWith('?shared'))).toEqual([]);
  });

  test('has nothing left that asks for the mode', () => {
    expect(code).not.toMatch(/\b(?:SHARED|CHECKED|mustHold|mustHoldPid|lastSeen|isFault|injectFaults)\b|relies on/);
  });
});

describe.each(strategies)('the parts of %s', (name) => {
  const dist = join(packages, name, 'dist');
  const load = (entry: string) => import(pathToFileURL(join(dist, entry)).href);
  const sizeOf = (entry: string): number => readFileSync(join(dist, entry)).length;

  test('single.js is for one thread, says so, and has no code for more', async () => {
    const whole = await load('index.js');
    const { createPidAllocator, traits, attachPidAllocator } = await load('single.js');
    expect(traits).toEqual({ ...whole.traits, shared: false });
    expect(attachPidAllocator).toBeUndefined();
    const a = createPidAllocator();
    expect(a.traits).toBe(traits);
    expect(a.pidNr(a.allocPid(a.initPidNs))).toBe(1);
    expect(() => createPidAllocator({ shared: true })).toThrow(/createPidAllocator: .*not its entry \/single/);
    expect(readFileSync(join(dist, 'single.js'), 'utf8')).not.toContain('Atomics');
    expect(sizeOf('single.js')).toBeLessThan(0.55 * sizeOf('index.js'));
  });

  test('traits.js is the traits and nothing else', async () => {
    const { traits, ...others } = await load('traits.js');
    expect(traits).toEqual((await load('index.js')).traits);
    expect(others).toEqual({});
    expect(sizeOf('traits.js')).toBeLessThan(1_000);
  });
});

describe('a library', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pidlab-bundle-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const core = {
    'core/src/index.ts':
      "import { SHARED } from './mode.ts';\nexport const add = (w: Int32Array) => SHARED ? Atomics.add(w, 0, 1) : w[0]++;",
    'core/src/mode.ts': 'export const SHARED: boolean = false;',
  };
  const strategy = {
    'new/package.json': '{ "dependencies": { "@pidlab/core": "1" } }',
    'new/src/variant.ts': "export { add } from '@pidlab/core';",
    'new/src/shared.ts': "export { add } from './variant.ts';",
    'new/src/index.ts':
      "import { add as shared } from './shared.ts';\nimport { add } from './variant.ts';\nexport const both = [add, shared];",
  };

  /** Builds the package `new` of these files, in a folder of its own. */
  async function built(files: Record<string, string>): Promise<string> {
    const place = mkdtempSync(join(folder, 'files-'));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(place, path, '..'), { recursive: true });
      writeFileSync(join(place, path), text);
    }
    mkdirSync(join(place, 'new', 'dist'));
    await bundlePackage(join(place, 'new'));
    return readFileSync(join(place, 'new', 'dist', 'index.js'), 'utf8');
  }

  test('on core has both modes in it', async () => {
    const code = await built({ ...core, ...strategy });
    expect(code.match(/Atomics\.add/g)).toHaveLength(1);
    expect(code).toContain('w[0]++');
  });

  test('on core is refused when it has no shared.ts', async () => {
    const { 'new/src/shared.ts': text, 'new/src/index.ts': index, ...others } = { ...core, ...strategy };
    const renamed = {
      ...others,
      'new/src/threads.ts': text,
      'new/src/index.ts': index.replace('shared.ts', 'threads.ts'),
    };
    await expect(built(renamed)).rejects.toThrow(/no module was built with SHARED = true:/);
  });

  test('on core is refused when it is only for blocks that are shared', async () => {
    const index = "export { add } from './shared.ts';";
    await expect(built({ ...core, ...strategy, 'new/src/index.ts': index })).rejects.toThrow(/with SHARED = false:/);
  });

  test('on core is refused when core has no mode.ts', async () => {
    const { 'core/src/mode.ts': text, 'core/src/index.ts': index, ...others } = { ...core, ...strategy };
    const renamed = { ...others, 'core/src/which.ts': text, 'core/src/index.ts': index.replace('mode.ts', 'which.ts') };
    await expect(built(renamed)).rejects.toThrow(/with SHARED = false and true:/);
  });

  test('without core is compiled once', async () => {
    const files = {
      'new/package.json': '{}',
      'new/src/index.ts': 'const ONE = 1;\nexport function next(n: number) { return n + ONE; }',
    };
    const code = await built(files);
    expect(code).toContain('const next = function(n) {');
    expect(code).toContain('n + 1');
  });
});

type Statement = ReturnType<typeof parseAst>['body'][number];

function isConstFunction(node: Statement): boolean {
  return node.type === 'VariableDeclaration' && node.declarations[0].init?.type === 'FunctionExpression';
}

function lineOf(code: string, at: number): string {
  return code.slice(at, code.indexOf('\n', at));
}

/** The file, with its copy, that the text at `index` was made from. */
function sourceOf(map: SourceMap, code: string, index: number): string {
  const before = code.slice(0, index).split('\n');
  const entry = map.findEntry(before.length - 1, before[before.length - 1].length);
  return 'originalSource' in entry ? entry.originalSource : 'nowhere';
}

/** The names of all identifiers in a tree, as often as they stand there. */
function identifiersOf(tree: unknown): string[] {
  if (typeof tree !== 'object' || tree === null) return [];
  const below = Object.values(tree).flatMap(identifiersOf);
  return 'type' in tree && tree.type === 'Identifier' && 'name' in tree ? [String(tree.name), ...below] : below;
}

/** Which constants at the top are numbers, when the module runs where its imports resolve. */
async function numbersAtTheTop(folder: string, code: string): Promise<string[]> {
  const words = parseAst(code).body.flatMap((node) =>
    node.type !== 'VariableDeclaration'
      ? []
      : node.declarations.flatMap(({ id }) => code.slice(id.start, id.end).match(/[A-Za-z_$][\w$]*/g) ?? []),
  );
  const found = words.map((word) => `[${JSON.stringify(word)}, typeof ${word}]`);
  const file = join(folder, 'dist', '.test-of-the-bundle.js');
  writeFileSync(file, `${code}\nexport const types = [${found.join(', ')}];\n`);
  try {
    const { types } = await import(pathToFileURL(file).href);
    expect(types.length).toBeGreaterThan(50);
    return types.filter(([, type]: [string, string]) => type === 'number').map(([word]: [string]) => word);
  } finally {
    rmSync(file);
  }
}

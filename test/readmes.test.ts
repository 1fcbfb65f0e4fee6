/**
 * What the READMEs say is tried: every block marked `js runnable` or `ts runnable` is run in its package's folder, and has
 * to print what its comments `// → …` say, line by line.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transformSync } from 'rolldown/utils';
import { describe, expect, test } from 'vitest';
import { CLONE_NEWPID, PID_MAX_LIMIT, type Strategy } from '../packages/contract/dist/index.js';

const MILLION = 1_000_000;
const root = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** The published packages' READMEs; examples have theirs run by tests of their own. */
const readmes = readdirSync(join(root, 'packages'))
  .map((name) => `packages/${name}/README.md`)
  .filter((path) => existsSync(join(root, path)));

interface Block {
  readonly language: string;
  readonly code: string;
  readonly line: number;
}

/** The fenced blocks of a page whose first line is one of these, without the fences. */
function blocksOf(text: string, fence: RegExp): Block[] {
  return [...text.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm)]
    .filter(([, info]) => fence.test(info))
    .map((match) => ({
      language: match[1].split(' ')[0],
      code: match[2],
      line: text.slice(0, match.index).split('\n').length,
    }));
}

/** What the comments say is printed. */
function promised(code: string): string[] {
  return [...code.matchAll(/\/\/ → (.*)$/gm)].map((match) => match[1]);
}

/** Runs a module as if it stood in that folder, and gives the lines that it prints. */
function printed({ language, code }: Block, folder: string): string[] {
  const input = language === 'ts' ? transformSync('block.ts', code).code : code;
  const output = execFileSync(process.execPath, ['--input-type=module', '-'], {
    cwd: join(root, folder),
    input,
    encoding: 'utf8',
  });
  return output === '' ? [] : output.trimEnd().split('\n');
}

for (const path of readmes) {
  const blocks = blocksOf(read(path), /^(?:js|ts) runnable$/);
  if (blocks.length === 0) continue;
  describe(path, () => {
    for (const block of blocks) {
      test(`the block at line ${block.line} prints what it says`, () => {
        expect(printed(block, path.replace('/README.md', ''))).toEqual(promised(block.code));
      });
    }
  });
}

describe('the READMEs of what users import', () => {
  const strategies = readmes.filter((path) => path.startsWith('packages/core-'));

  test('each has an install line and a block that runs', () => {
    for (const path of [...strategies, 'packages/contract/README.md', 'packages/core/README.md']) {
      const name = JSON.parse(read(path.replace('README.md', 'package.json'))).name;
      expect(read(path), path).toContain(`npm install ${name}`);
      expect(blocksOf(read(path), / runnable$/).length, path).toBeGreaterThan(0);
    }
  });

  test('every strategy has the same headings in the same order', () => {
    const headings = strategies.map((path) => read(path).match(/^## .*$/gm));
    expect(strategies.length).toBeGreaterThanOrEqual(3);
    for (const one of headings) expect(one).toEqual(headings[0]);
  });

  test('no block of code is left untried', () => {
    for (const path of [...strategies, 'packages/contract/README.md', 'packages/core/README.md']) {
      expect(blocksOf(read(path), /^(?:js|ts|javascript|typescript)$/), path).toEqual([]);
    }
  });

  test('a pid takes as many bytes as each strategy says', async () => {
    for (const path of strategies) {
      const built = pathToFileURL(join(root, path.replace('README.md', 'dist/index.js'))).href;
      const { createPidAllocator }: Strategy = await import(built);
      const [a, b] = [0, 1].map(() => createPidAllocator({ capacity: MILLION, pidMax: PID_MAX_LIMIT }));
      const inside = b.copyPidNs(CLONE_NEWPID, b.initPidNs);
      for (let i = 0; i < MILLION; i++) {
        a.allocPid(a.initPidNs);
        b.allocPid(inside);
      }
      const [atRoot, atLevel1] = [a, b].map((one) => (one.stats().usedBytes / MILLION).toFixed(1));
      expect(read(path)).toContain(`| ${atRoot} in the root, ${atLevel1} at level 1 (1,000,000 live`);
    }
  });

  test('the design in the README of core keeps the contract', () => {
    const [block] = blocksOf(read('packages/core/README.md'), /^js runnable$/);
    // Where its imports of pidlab resolve, and git does not look.
    const folder = mkdtempSync(join(root, 'packages', 'core', 'node_modules', '.readme-'));
    writeFileSync(
      join(folder, 'package.json'),
      '{ "name": "@pidlab/core", "type": "module", "exports": "./core.js" }\n',
    );
    writeFileSync(join(folder, 'core.js'), "export * from '../../dist/index.js';\n");
    writeFileSync(join(folder, 'single.js'), block.code);
    try {
      const cli = join(root, 'packages', 'conformance', 'bin', 'pid-conformance.js');
      const chapters = ['ALLOC', 'SETTID', 'FREE', 'FIND', 'GE', 'TRANSLATE', 'TASK', 'HASH', 'SNAPSHOT'];
      const output = execFileSync(process.execPath, [cli, 'single.js', '--no-scale', '--chapter', ...chapters], {
        cwd: folder,
        encoding: 'utf8',
      });
      expect(output).toMatch(/\d+ passed, 0 failed/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('README.md', () => {
  const text = read('README.md');

  test('is short enough to be read', () => expect(text.split('\n').length).toBeLessThanOrEqual(121));

  test.each([
    ['README.md', 'examples/quickstart/main.js'],
    ['docs/workers.md', 'examples/worker-pool/smallest.js'],
  ])('the program of %s is %s, word for word', (page, program) => {
    expect(blocksOf(read(page), /^js$/).map(({ code }) => code)).toEqual([read(program)]);
  });

  test('its table says of each design what its traits say', async () => {
    const rows = new Map(
      [...text.matchAll(/^\| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm)].map(([, name, ...cells]) => [
        name,
        cells,
      ]),
    );
    for (const [i, name] of ['hierarchical', 'flat', 'pidspace', 'idr'].entries()) {
      const { traits }: Strategy = await import(pathToFileURL(join(root, `packages/core-${name}/dist/index.js`)).href);
      const { maxLevel, maxNamespaces, floors, shared, rootNumbers } = traits;
      const cell = (row: string): string | undefined => rows.get(row)?.[i];
      expect(cell('levels below the root')).toBe(String(maxLevel));
      const most = maxNamespaces === Number.POSITIVE_INFINITY ? 'as memory allows' : String(maxNamespaces);
      expect(cell('namespaces at once, beside the root')).toBe(most);
      const floor = `${floors.root} ${floors.root === floors.child ? 'everywhere' : `in the root, ${floors.child} in a container`}`;
      expect(cell('where numbers go on after a wrap')).toBe(floor);
      expect(cell('the root sees a contained pid as')?.startsWith('a small')).toBe(rootNumbers === 'small');
      expect(cell('threads that may share an allocator')).toBe(shared ? 'up to 256' : 'one');
    }
  });

  test('it names every package', () => {
    for (const path of readmes) expect(text).toContain(`](${path.replace('/README.md', '')})`);
  });

  test('links of all pages lead to files of this repository', () => {
    const packaged = ['contract', 'process-table', 'conformance'].flatMap((pkg) => pagesIn(`packages/${pkg}/docs`));
    const pages = [
      'README.md',
      'CONTRIBUTING.md',
      'SECURITY.md',
      ...pagesIn('docs'),
      ...pagesIn('docs/adr'),
      ...packaged,
      ...readmes,
    ];
    for (const page of pages) {
      const folder = page.split('/').slice(0, -1).join('/');
      for (const [, target] of read(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)/g))
        expect(existsSync(join(root, folder, target)), `${page} links to ${target}`).toBe(true);
    }
  });
});

function pagesIn(folder: string): string[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`);
}

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { moduleFile } from '../src/module-file.ts';
import { loadModule, moduleSpecs } from '../src/subjects.ts';

const root = mkdtempSync(join(tmpdir(), 'pidlab-module-'));
afterAll(() => rmSync(root, { recursive: true }));

function folder(name: string, manifest?: object | string, files: readonly string[] = []): string {
  const path = join(root, name);
  mkdirSync(path);
  for (const file of files)
    writeFileSync(
      join(path, file),
      'export const traits = { strategy: "x", maxLevel: 1 }; export const createPidAllocator = () => ({});',
    );
  if (manifest !== undefined)
    writeFileSync(join(path, 'package.json'), typeof manifest === 'string' ? manifest : JSON.stringify(manifest));
  return path;
}

describe('a module that is named', () => {
  it.each<[what: string, manifest: object]>([
    ['main', { main: './a.js' }],
    ['exports', { exports: './a.js', main: './b.js' }],
    ['exports of itself', { exports: { '.': './a.js', './package.json': './package.json' } }],
    ['exports for import', { exports: { '.': { types: './a.d.ts', import: './a.js', default: './b.js' } } }],
    ['exports by default', { exports: { default: './a.js' } }],
  ])('by a folder is what its package.json has as %s', (what, manifest) => {
    const path = folder(what.replaceAll(' ', '-'), { type: 'module', ...manifest }, ['a.js', 'b.js']);
    expect(moduleFile(path)).toBe(join(path, 'a.js'));
  });

  it.each<[what: string, make: () => string, message: RegExp]>([
    ['a folder without a manifest', () => folder('bare'), /has no package\.json that names a module/],
    [
      'a manifest that names nothing',
      () => folder('silent', { name: 'x' }),
      /names no module: neither exports nor main/,
    ],
    [
      'a manifest that names a file that is not there',
      () => folder('gone', { main: 'a.js' }),
      /names a\.js, and there is no file/,
    ],
    ['a manifest that is no JSON', () => folder('broken', '{'), /cannot read .*package\.json/],
    ['a file that is not there', () => join(root, 'none.js'), /there is no file/],
    ['a package that is not installed', () => 'no-such-strategy', /cannot load no-such-strategy/],
  ])('is refused as %s', (_, make, message) => {
    const module = make();
    expect(() => moduleFile(module)).toThrow(message);
  });

  it('is loaded from a file, a folder or a package alike', async () => {
    const path = folder('whole', { type: 'module', main: 'a.js' }, ['a.js']);
    for (const module of [path, join(path, 'a.js')]) expect((await loadModule(module)).traits.strategy).toBe('x');
    expect((await loadModule('@pidlab/core-flat')).traits.strategy).toBe('flat');
  });

  it('has the name of its design, or that with a number where the name is taken', async () => {
    const path = join(root, 'whole');
    const specs = await moduleSpecs([path, path, '@pidlab/core-flat'], ['flat', 'map']);
    expect(specs.map(({ id }) => id)).toEqual(['x', 'x-2', 'flat-2']);
  });
});

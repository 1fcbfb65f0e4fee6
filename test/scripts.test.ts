/** What the root scripts do before they do anything. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { homeOf } from '../scripts/lib/home.js';
import { partsOf } from '../scripts/lib/part.js';

function script(name: string, ...args: string[]) {
  const file = join(import.meta.dirname, '..', 'scripts', `${name}.js`);
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

const SCRIPTS = ['pack', 'release', 'check', 'coverage', 'matrix'];

// What `npm test` does not know is vitest's.
test.each([...SCRIPTS, 'test'])('%s --help says what it does, and does nothing', (name) => {
  const { status, stdout, stderr } = script(name, '--help');
  expect(stdout).toMatch(new RegExp(`^npm (?:run )?(?:test:)?${name}`));
  expect(stdout).not.toContain('── ');
  expect([status, stderr]).toEqual([0, '']);
});

test.each(SCRIPTS)('%s refuses an option that it does not know', (name) => {
  const { status, stdout, stderr } = script(name, '--nonsense');
  expect(stderr).toMatch(/^Unknown option '--nonsense'/);
  expect([status, stdout]).toEqual([2, '']);
});

describe('what npm test is asked about', () => {
  test.each<[string[], string[]]>([
    [['packages/core/test/pidmap'], ['packages/core']],
    [['./packages/core-flat'], ['packages/core-flat']],
    [[join(import.meta.dirname, 'structure.test.ts')], ['test']],
    [
      ['examples/quickstart', 'packages/core/test/hash', 'packages/core/test/slab'],
      ['examples/quickstart', 'packages/core'],
    ],
    [['packages/core', '-t', 'wraps', '--reporter=dot'], ['packages/core']],
  ])('%j is about a part', (args, dirs) => expect(partsOf(args)?.map(({ dir }) => dir)).toEqual(dirs));

  test.each<[string[]]>([
    [[]],
    [['pidmap']],
    [['packages/nowhere/test']],
    [['packages/core', 'pidmap']],
    [['-t', 'wraps']],
  ])('%j is about everything', (args) => expect(partsOf(args)).toBeUndefined());
});

describe('where the project is at home', () => {
  const wanted = {
    repository: { type: 'git', url: 'git+https://example.org/us/pidlab.git', directory: 'packages/core' },
    bugs: { url: 'https://example.org/us/pidlab/issues' },
    homepage: 'https://example.org/us/pidlab/tree/HEAD/packages/core#readme',
  };

  test.each([
    ['https://example.org/us/pidlab'],
    ['git+https://example.org/us/pidlab.git'],
    [{ type: 'git', url: 'https://example.org/us/pidlab.git' }],
  ])('%j is enough for each package', (repository) => expect(homeOf(repository, 'packages/core')).toEqual(wanted));

  test.each([[undefined], [''], [{}]])('%j is not, and what to write is said', (repository) => {
    expect(() => homeOf(repository, 'packages/core')).toThrow(/Write\n\n {2}"repository": .*\n\ninto the package.json/);
  });

  test.each(['git@example.org:us/pidlab.git', 'https://example.org', 'us/pidlab'])('nor is %s', (repository) => {
    expect(() => homeOf(repository, 'packages/core')).toThrow(/it has to be the https address of a repository/);
  });
});

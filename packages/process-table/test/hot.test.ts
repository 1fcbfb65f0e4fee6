/** What makes fork, exit and wait quick, as far as it can be seen without a clock: docs/adr/0016. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { bug, each } from './worlds.ts';

const DIST = join(import.meta.dirname, '..', 'dist', 'index.js');

test('to V8 neither a table nor a process is a dictionary', () => {
  const core = join(import.meta.dirname, '..', '..', 'core-hierarchical', 'dist', 'index.js');
  const program = `import { createPidAllocator } from ${JSON.stringify(pathToFileURL(core).href)};
    import { createProcessTable } from ${JSON.stringify(pathToFileURL(DIST).href)};
    for (let i = 0; i < 3; i++) {
      const t = createProcessTable({ allocator: createPidAllocator({ capacity: 64 }), initPayload: undefined });
      console.log(%HasFastProperties(t), %HasFastProperties(t.fork(t.init)));
    }`;
  const flags = ['--allow-natives-syntax', '--input-type=module', '-e', program];
  expect(execFileSync(process.execPath, flags, { encoding: 'utf8' })).toBe('true true\n'.repeat(3));
});

test('the bundle has written out what is marked', () => {
  const code = readFileSync(DIST, 'utf8');
  expect(code).not.toMatch(/\bflat\(/);
  for (const [call, within] of [
    ['fork', 'viewerOf'],
    ['exit', 'endTask'],
    ['wait4', 'askAll'],
  ])
    expect(code).toMatch(
      new RegExp(`^\\t\\t${call}: \\([^)]*\\) => \\{\\n(?:\\t\\t\\t.*\\n)*\\t+${within}_\\d+: \\{`, 'm'),
    );
});

each('what changes with the table is among its own properties', ({ t, init }) => {
  const before = { ...t };
  t.fork(init);
  expect([before.size, t.size]).toEqual([1, 2]);
  expect(before.init).toBe(init);
  expect(t.init).toBe(init);
  expect(Object.keys(t)).toEqual(expect.arrayContaining(['fork', 'init', 'size']));
});

each('options that are left out are 0, and null is none', ({ t, init }) => {
  const child = t.fork(init);
  t.exit(child, 1);
  bug(t, () => t.wait4(init, -1, null as never));
  expect(t.wait4(init, -1, undefined)).toMatchObject({ status: 1 << 8 });
});

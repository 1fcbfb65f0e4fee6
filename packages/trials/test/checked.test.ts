/** The suite on builds in which functions make sure of what they rely on, locks most of all (core's `CHECKED`). What is published has none of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chapters } from '@pidlab/conformance';
import { describeConformance, describeShared } from '@pidlab/conformance/vitest';
import type { Strategy } from '@pidlab/contract';
import { afterAll, expect, test } from 'vitest';
import { buildStrategy } from '../src/mutants/build.ts';

const dir = mkdtempSync(join(tmpdir(), 'pidlab-checked-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function built(name: 'hierarchical' | 'flat' | 'pidspace', changes: Parameters<typeof buildStrategy>[1] = []) {
  const url = pathToFileURL(join(dir, `${name}-${changes.length}.mjs`));
  await buildStrategy(name, changes, url.pathname);
  return { url: url.href, strategy: (await import(/* @vite-ignore */ url.href)) as Strategy };
}

for (const name of ['hierarchical', 'flat', 'pidspace'] as const) {
  const { strategy, url } = await built(name);
  describeConformance(strategy, {
    chapters: chapters.filter(({ id }) => id === 'ATTACH'),
    scopes: ['shared root', 'shared child'],
  });
  // By several threads when there is time: `npm test -- --long`.
  if (name === 'hierarchical' && process.env.PIDLAB_LONG === '1') describeShared(strategy, url);
}

test('a lock that is not taken is noticed by whoever relies on it', async () => {
  const find =
    "putPidNs: (ns) => locked(s, NS_LOCK, 'putPidNs', () => putUser(s, nsArg(s, ns, 'putPidNs'), 'putPidNs')),";
  const replace = "putPidNs: (ns) => putUser(s, nsArg(s, ns, 'putPidNs'), 'putPidNs'),";
  const { strategy } = await built('hierarchical', [{ package: 'core', file: 'border/namespaces.ts', find, replace }]);
  const a = strategy.createPidAllocator({ shared: true, capacity: 100, namespaces: 10 });
  const ns = a.copyPidNs(0x2000_0000, a.initPidNs);
  expect(() => a.putPidNs(ns)).toThrow(/is a lock that worker slot 0 relies on and does not hold/);
});

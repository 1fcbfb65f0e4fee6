import { existsSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ClauseResult } from '../src/suite/run.ts';
import { drawSeed, type SharedOptions, sharedClauses } from '../src/threads/index.ts';
import { serve } from './browser/server.ts';

/** Debian's. Another one: PIDLAB_CHROMIUM=/path/to/chromium. */
const executablePath = process.env.PIDLAB_CHROMIUM ?? '/usr/bin/chromium';
const ARGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];
const MINUTE = 60_000;
const packages = join(import.meta.dirname, '..', '..');

/** A module and all that it imports, as one text. */
async function bundled(input: string): Promise<string> {
  const build = await rolldown({ input, platform: 'browser', logLevel: 'silent' });
  const { output } = await build.generate({ format: 'esm' });
  await build.close();
  return output[0].code;
}

async function filesOf(strategies: readonly string[]): Promise<Map<string, string>> {
  const files = new Map([['/', '<!doctype html><title>pidlab</title>']]);
  files.set('/page.js', await bundled(join(import.meta.dirname, 'browser', 'page.ts')));
  files.set('/worker.js', await bundled(join(packages, 'conformance', 'src', 'threads', 'browser-worker.ts')));
  for (const name of strategies)
    files.set(`/${name}.js`, await bundled(join(packages, `core-${name}`, 'dist', 'index.js')));
  return files;
}

const here = existsSync(executablePath);
/** What is the browser's is the same for all; all of them run there when there is time (`npm test -- --long`). */
const isLong = process.env.PIDLAB_LONG === '1';
const strategies = isLong ? ['hierarchical', 'flat', 'pidspace', 'idr'] : ['idr'];
const seed = drawSeed();
/** Terminates eight workers in the middle, for each of which Chromium takes two seconds while the others go on. */
const TERMINATES = 'SHARED-27';
/** The seed draws which sixth it is when there is less time: what a page cannot do shows in every clause. */
const clauses = sharedClauses
  .map(({ id }) => id)
  .filter((id, i) => isLong || (i % 6 === seed % 6 && id !== TERMINATES));
const title = 'a page that is served with COOP and COEP is cross-origin isolated in Chromium';
// What `npm test` says where there is none.
const skipped = `nothing is tried in a browser, since there is no ${executablePath}: apt-get install chromium`;
let server: Server;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  if (!here) return;
  const served = await serve(await filesOf(strategies));
  server = served.server;
  browser = await chromium.launch({ executablePath, headless: true, args: ARGS });
  page = await browser.newPage();
  await page.goto(`${served.origin}/`);
}, 2 * MINUTE);

afterAll(async () => {
  await browser?.close();
  server?.close();
});

test.skipIf(!here)(here ? title : skipped, async () => {
  expect(await page.evaluate('crossOriginIsolated')).toBe(true);
});

// An empty suite would be a failure.
if (here) {
  describe('a page and two workers in Chromium, on one allocator', () => {
    const title = `%s keeps ${clauses.length} clauses of chapter SHARED (seed ${seed})`;
    test.each(strategies)(title, { timeout: 5 * MINUTE }, async (strategy) => {
      const options: SharedOptions = { seed, clauses };
      const script = `import('/page.js').then(({ run }) => run('/${strategy}.js', ${JSON.stringify(options)}))`;
      const results = (await page.evaluate(script)) as ClauseResult[];
      expect(results.map(({ clause }) => clause)).toEqual(clauses);
      expect(
        results.filter(({ status }) => status !== 'passed').map(({ clause, message }) => `${clause}: ${message}`),
      ).toEqual([]);
    });
  });
}

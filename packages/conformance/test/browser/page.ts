/** What the page of the browser test runs: chapter SHARED on one strategy. */
import type { Strategy } from '@pidlab/contract';
import type { ClauseResult } from '../../src/suite/run.ts';
import { browserHost } from '../../src/threads/browser.ts';
import { runShared, type SharedOptions } from '../../src/threads/index.ts';

declare const location: { readonly href: string };

/** All results; the test calls this in the page. */
export async function run(strategyPath: string, options: SharedOptions): Promise<ClauseResult[]> {
  const url = new URL(strategyPath, location.href).href;
  const strategy = (await import(url)) as Strategy;
  const results: ClauseResult[] = [];
  for await (const result of runShared(browserHost('/worker.js'), strategy, url, options)) results.push(result);
  return results;
}

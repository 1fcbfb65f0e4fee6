// What runs in the browser: the whole suite in the page, and chapter SHARED in the page and two workers.
import { runConformance } from '@pidlab/conformance';
import { runShared } from '@pidlab/conformance/shared';
import { browserHost } from '@pidlab/conformance/shared/browser';

/** A page's. @type {string} */
const here = Reflect.get(globalThis, 'location').href;

/** @param {string} path */
const load = (path) => import(new URL(path, here).href);

/** @param {AsyncIterable<import('@pidlab/conformance').ClauseResult>} results */
async function summary(results) {
  let passed = 0;
  const failures = [];
  for await (const { status, clause, message } of results) {
    if (status === 'passed') passed++;
    else failures.push(`${clause}: ${message?.split('\n', 1)[0]}`);
  }
  return { passed, failures };
}

/** @param {string} path */
export const suite = async (path) => summary(runConformance(await load(path)));

/** @param {string} path */
export const threads = async (path) =>
  summary(runShared(browserHost('/worker.js'), await load(path), new URL(path, here).href));

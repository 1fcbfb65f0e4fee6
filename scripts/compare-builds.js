// node scripts/compare-builds.js <before.js> <after.js> [rounds]: whether one build of a strategy is slower than another.
// Both files are what `npm run build` leaves in a strategy's dist, one of them in another worktree. Churn, look-ups and
// translation in the root and one level down, and all else that is done often, in fresh processes that take turns; prints
// after / before for each, with its 95 % interval.

import { resolve } from 'node:path';
import { ratio, runBenchmark, SETTINGS, scenarioOf } from '@pidlab/bench';

const LIVE = [1_000, 32_000, 1_000_000];
const [before, after, rounds = '9'] = process.argv.slice(2);
if (before === undefined || after === undefined || !(Number(rounds) > 1)) {
  console.error('usage: node scripts/compare-builds.js <before.js> <after.js> [rounds, 2 or more]');
  process.exit(2);
}

const points = LIVE.flatMap((live) => [0, 1].map((level) => ({ live, level })));
const some = points.filter(({ live }) => live === 32_000);
const plan = {
  'lookup-hit': points,
  'lookup-use': points,
  'lookup-miss': some,
  translate: some.map((point) => ({ ...point, view: 'root' })),
  list: some,
  'fork-exit': some,
  namespace: [{ open: 10 }],
  churn: points.map((point) => ({ ...point, order: 'random' })),
};
const { quick } = SETTINGS;
const { results } = await runBenchmark({
  subjects: [
    { id: 'before', kind: 'strategy', module: resolve(before) },
    { id: 'after', kind: 'strategy', module: resolve(after) },
  ],
  scenarios: Object.entries(plan).map(([id, quick]) => ({
    ...scenarioOf(id),
    plan: { ...scenarioOf(id).plan, quick },
  })),
  mode: 'quick',
  // One look, after all rounds: every row gets them all.
  settings: { ...quick, looks: [Number(rounds)], budgetMs: Number.POSITIVE_INFINITY },
  seed: 1,
});

for (const now of results.filter(({ strategy }) => strategy === 'after')) {
  const then = results.find((result) => result.strategy === 'before' && isSameCell(result, now));
  const found = then && ratio(medians(now), medians(then));
  const where = [now.scenario, ...Object.entries(now.params).map(([name, value]) => `${name} ${value}`)].join(', ');
  if (!found?.ci) console.log(`${where}: ${now.reason ?? then?.reason ?? 'not measured'}`);
  else {
    const [low, high] = found.ci.map((end) => end.toFixed(2));
    const [from, to] = [then?.median, now.median].map((ns) => ns?.toFixed(1));
    console.log(`${where}: ${from} → ${to} ns, ${found.value.toFixed(2)} [${low}, ${high}]`);
  }
}

/**
 * @param {import('@pidlab/bench').Result} a
 * @param {import('@pidlab/bench').Result} b
 */
function isSameCell(a, b) {
  return a.scenario === b.scenario && a.params === b.params;
}

/** @param {import('@pidlab/bench').Result} result */
function medians({ rounds }) {
  return new Map(rounds.map(({ round, median }) => [round, median]));
}

// node scripts/one-module.js [rounds]: what it is worth that a strategy is one module of constants (docs/adr/0004).
// Measures the hierarchical strategy as tsc emits it, one module a file, and as pidlab-bundle does, in fresh processes
// that take turns, and prints the ratio for each round's pair. Needs a build.

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './lib/run.js';

const strategy = join(root, 'packages', 'core-hierarchical');
const bundled = join(strategy, 'dist', 'index.js');
/** In the package's node_modules, from where its imports of pidlab resolve and which git ignores. */
const scratch = join(strategy, 'node_modules', '.one-module');
const LIVE = 1_000;
const SECTIONS = ['look-up', 'churn'];

if (process.argv[2] === '--measure') {
  console.log(JSON.stringify(await measure(process.argv[3])));
} else {
  compare(Number(process.argv[2] ?? 9));
}

/** @param {number} rounds */
function compare(rounds) {
  if (!existsSync(bundled)) throw new Error('build first: npm run build');
  const separate = emitSeparately();
  /** @type {{ separate: number[][], bundled: number[][] }} */
  const times = { separate: [], bundled: [] };
  try {
    for (let i = 0; i < rounds; i++) {
      times.separate.push(inProcess(separate));
      times.bundled.push(inProcess(bundled));
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  console.log(`node ${process.version}, ${LIVE.toLocaleString('en')} live pids, ${rounds} rounds; medians`);
  for (const [at, section] of SECTIONS.entries()) {
    const ns = [times.separate, times.bundled].map((runs) => median(runs.map((run) => run[at])).toFixed(1));
    const ratio = median(times.separate.map((run, i) => run[at] / times.bundled[i][at])).toFixed(2);
    console.log(`${section}: separate modules ${ns[0]} ns, one module ${ns[1]} ns, ratio ${ratio}`);
  }
}

/** The strategy and core with a file for each source, as `tsc` writes them without the bundle. */
function emitSeparately() {
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  writeFileSync(
    join(scratch, 'tsconfig.json'),
    JSON.stringify({
      extends: join(strategy, 'tsconfig.json'),
      compilerOptions: {
        emitDeclarationOnly: false,
        composite: false,
        outDir: scratch,
        rootDir: join(strategy, 'src'),
      },
      include: [join(strategy, 'src')],
      references: [],
    }),
  );
  execFileSync(join(root, 'node_modules', '.bin', 'tsc'), ['-p', scratch], { stdio: 'inherit' });
  cpSync(join(strategy, 'package.json'), join(scratch, 'package.json'));
  return join(scratch, 'index.js');
}

/** @param {string} file */
function inProcess(file) {
  return JSON.parse(execFileSync(process.execPath, [import.meta.filename, '--measure', file], { encoding: 'utf8' }));
}

/**
 * Nanoseconds per look-up, and per pair of freePid and allocPid: the fastest of many short runs, which is the one that
 * nobody interrupted.
 *
 * @param {string} file
 */
async function measure(file) {
  const { createPidAllocator } = await import(pathToFileURL(file).href);
  const a = createPidAllocator({ capacity: 4_096, generationBase: 1 });
  const ns = a.initPidNs;
  const pids = new Float64Array(LIVE);
  for (let i = 0; i < LIVE; i++) pids[i] = a.allocPid(ns);
  const order = new Int32Array(4_096);
  for (let i = 0, x = 1; i < order.length; i++) {
    x = Math.imul(x, 1_664_525) + 1_013_904_223;
    order[i] = (x >>> 16) % LIVE;
  }
  const lookUp = () => {
    let found = 0;
    for (let i = 0; i < order.length; i++) if (a.findPidNs(order[i] + 1, ns) !== undefined) found++;
    if (found !== order.length) throw new Error(`${found} of ${order.length} numbers were found`);
  };
  const churn = () => {
    for (let i = 0; i < order.length; i++) {
      a.freePid(pids[order[i]]);
      pids[order[i]] = a.allocPid(ns);
    }
  };
  return [fastest(lookUp, order.length), fastest(churn, order.length)];
}

/**
 * @param {() => void} run
 * @param {number} ops
 */
function fastest(run, ops) {
  for (const until = performance.now() + 300; performance.now() < until; ) run();
  let best = Number.POSITIVE_INFINITY;
  for (const until = performance.now() + 500; performance.now() < until; ) {
    const start = performance.now();
    run();
    best = Math.min(best, performance.now() - start);
  }
  return (best * 1e6) / ops;
}

/** @param {number[]} values */
function median(values) {
  return [...values].sort((x, y) => x - y)[values.length >> 1];
}

// npm run coverage: see USAGE.

import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
// @ts-expect-error It has no types.
import { mergeProcessCovs } from '@bcoe/v8-coverage';
import { convert } from 'ast-v8-to-istanbul';
import { parseAst } from 'rolldown/parseAst';
import { EXCEPTIONS } from './coverage-exceptions.js';
import { optionsOf } from './lib/options.js';
import { build, install, readJson, root, run, section, Tally, workspaceFolders } from './lib/run.js';

const LEAST = 98;
const USAGE = `npm run coverage

Which lines and branches of contract, core, the strategies and the process table are run by what tries them. Two things are counted
together: the suite on the bundles as they are published, in both modes and by several threads, whose counts are led back to the
sources by their source maps; and the packages' own tests, on the sources. It takes about three minutes. The last line is
\`N passed, N failed\`: each package counts as two, its lines and its branches, of which ${LEAST} % have to be run.

What nothing runs, and why, is listed in scripts/coverage-exceptions.js; an exception that is not needed any more is a failure.`;
optionsOf(USAGE, {});

/** @typedef {{ start: { line: number, column: number } }} Place */
/** @typedef {{ statementMap: Record<string, Place>, s: Record<string, number>, branchMap: Record<string, { loc: Place, locations: Place[] }>, b: Record<string, number[]> }} Counts Of one file, as Istanbul has them. */
/** @typedef {{ lines: Map<string, boolean>, branches: Map<string, boolean> }} Seen Whether each line, and each arm of a branch, was run. */

const PACKAGES = workspaceFolders().filter((dir) =>
  /^packages\/(?:contract|core|core-[a-z]+|process-table)$/.test(dir),
);
const folder = join(root, 'reports', 'coverage');
const raw = join(folder, 'raw');
/** Vitest empties it first. */
const own = join(folder, 'own');
const BUILT = /packages\/(?:contract\/dist\/[\w-]+|core-[a-z]+\/dist\/index)\.js$/;

const tally = new Tally();
await install();
section('build');
if ((await build()) !== 0) process.exit(1);
rmSync(folder, { recursive: true, force: true });
mkdirSync(raw, { recursive: true });

await tally.check('the suite on the bundles', async () => {
  process.env.NODE_V8_COVERAGE = raw;
  const program = 'packages/conformance/bin/pid-conformance.js';
  const strategies = PACKAGES.flatMap((dir) => /core-(.*)/.exec(dir)?.[1] ?? []);
  // Two processes, which suits the smallest machine.
  const halves = [0, 1].map((half) => strategies.filter((_, i) => i % 2 === half));
  const codes = halves.map((some) =>
    run('node', [program, '--strategy', ...some, '--no-scale', '--output', join(folder, `suite-${some}.txt`)]),
  );
  const isFine = (await Promise.all(codes)).every((code) => code === 0);
  delete process.env.NODE_V8_COVERAGE;
  return isFine;
});
await tally.check('the packages’ own tests', () => {
  const projects = PACKAGES.flatMap((dir) => ['--project', readJson(join(root, dir, 'package.json')).name]);
  // The suite has been run, and on what is not bundled it takes ten times as long.
  const without = ['--exclude', '**/{conformance,shared}.test.ts'];
  const include = PACKAGES.map((dir) => `--coverage.include=${dir}/src/**`);
  const json = ['--coverage.enabled', '--coverage.reporter=json', `--coverage.reportsDirectory=${own}`];
  // Each file in a process of its own: one of them counts by V8's coverage itself, and sets it back for whoever is in there with it.
  return run('vitest', ['run', '--isolate', ...projects, ...without, '--reporter=dot', ...json, ...include]);
});

/** @type {Map<string, Seen>} */
const seen = new Map();
section('what was run');
await addBundles();
addSources();
report();
tally.finish();

/** The path of a source relative to the root; undefined of what is not counted. @param {string} path */
function sourceOf(path) {
  const source = path.slice(path.lastIndexOf('/packages/') + 1).replace('?shared', '');
  return PACKAGES.some((dir) => source.startsWith(`${dir}/src/`)) ? source : undefined;
}

/**
 * Adds counts of a file. Lines and branches that are not known yet are only taken when `all` says so.
 *
 * @param {string} path
 * @param {Counts} counts
 * @param {boolean} all
 */
function add(path, { statementMap, s, branchMap, b }, all) {
  const source = sourceOf(path);
  if (source === undefined) return;
  const { lines, branches } = seen.get(source) ?? { lines: new Map(), branches: new Map() };
  seen.set(source, { lines, branches });
  /** @param {Map<string, boolean>} known @param {string} key @param {boolean} isRun */
  const note = (known, key, isRun) => {
    if (all || known.has(key)) known.set(key, known.get(key) === true || isRun);
  };
  for (const [id, { start }] of Object.entries(statementMap)) note(lines, String(start.line), s[id] > 0);
  for (const [id, { loc, locations }] of Object.entries(branchMap))
    for (const [arm, { start }] of locations.entries()) {
      // An `else` that is not written has no place of its own.
      const { line, column } = start.line === undefined ? loc.start : start;
      note(branches, `${line}:${column}:${arm}`, b[id][arm] > 0);
    }
}

/** The counts of every process and thread that ran a bundle. Both copies of a source are one. */
async function addBundles() {
  const all = readdirSync(raw).map((name) => {
    const { result } = readJson(join(raw, name));
    return { result: result.filter((/** @type {{ url: string }} */ { url }) => BUILT.test(url)) };
  });
  for (const { url, functions } of mergeProcessCovs(all).result) {
    const path = fileURLToPath(url);
    const code = readFileSync(path, 'utf8');
    const parts = { code, sourceMap: readJson(`${path}.map`), ast: parseAst(code), coverage: { url, functions } };
    for (const [source, counts] of Object.entries(await convert(parts))) add(source, counts, true);
  }
}

/** What tests ran of the sources. Of what is bundled only what both modes left of it counts. */
function addSources() {
  const bundled = new Set(seen.keys());
  for (const [path, counts] of Object.entries(readJson(join(own, 'coverage-final.json'))))
    add(path, counts, !bundled.has(sourceOf(path) ?? ''));
}

function report() {
  /** @type {Set<import('./coverage-exceptions.js').Exception>} */
  const needed = new Set();
  for (const dir of PACKAGES) {
    for (const kind of /** @type {const} */ (['lines', 'branches'])) {
      let [all, isRun] = [0, 0];
      /** @type {string[]} */
      const missing = [];
      for (const [source, file] of seen) {
        if (!source.startsWith(`${dir}/`)) continue;
        const text = readFileSync(join(root, source), 'utf8').split('\n');
        for (const [place, was] of file[kind]) {
          const line = Number.parseInt(place, 10);
          const about = was ? undefined : EXCEPTIONS.find((one) => isAbout(one, source, text, line));
          if (about) needed.add(about);
          if (about) continue;
          all++;
          if (was) isRun++;
          else missing.push(`${source}:${line}  ${text[line - 1]?.trim()}`);
        }
      }
      // A package without branches is fine, and one without lines was not seen.
      const percent = all > 0 ? (100 * isRun) / all : kind === 'lines' ? 0 : 100;
      console.log(`\n${dir}: ${isRun} of ${all} ${kind}, ${percent.toFixed(1)} %`);
      for (const line of new Set(missing)) console.log(`  ${line}`);
      tally.count(percent >= LEAST, `${dir}: ${percent.toFixed(1)} % of the ${kind}; ${LEAST} % have to be run`);
    }
  }
  console.log('\nleft out:');
  for (const one of EXCEPTIONS) {
    console.log(`  ${one.file}, ${one.text}: ${one.why}`);
    if (!needed.has(one) && one.byLuck !== true)
      tally.count(false, `${one.file}, ${one.text}: this exception is not needed`);
  }
}

/**
 * Whether an exception is about a line: its text stands there, or at the head of the block of which it is part.
 *
 * @param {import('./coverage-exceptions.js').Exception} exception
 * @param {string} source
 * @param {readonly string[]} text
 * @param {number} line
 */
function isAbout({ file, text: wanted, lines = 1 }, source, text, line) {
  return source.endsWith(file) && text.slice(Math.max(0, line - lines), line).some((one) => one.includes(wanted));
}

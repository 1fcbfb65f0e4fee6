// npm run test:matrix: see USAGE. It is no part of `npm test`.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { optionsOf } from './lib/options.js';
import { packAll } from './lib/pack.js';
import { build, install, root, section, Tally } from './lib/run.js';
import { COLUMNS, prepare, TYPES, tryBundler, tryChromium, tryRuntime, tryTypeScript } from './matrix/cells.js';
import { emptyProject, RUNTIMES } from './matrix/runtimes.js';

/** @typedef {import('./matrix/cells.js').Cell} Cell */
/** @typedef {{ version: string, cells: Record<string, Cell>, why?: string }} Row */

const TYPESCRIPTS = ['5.9', '7'];
const BUNDLERS = /** @type {const} */ (['rolldown', 'esbuild']);
const NAMES = [
  ...RUNTIMES.map(({ name }) => name),
  'chromium',
  ...TYPESCRIPTS.map((v) => `typescript-${v}`),
  ...BUNDLERS,
];
const PAGE = join(root, 'docs', 'runtimes.md');
const LIMIT_SECONDS = 1_800;

const USAGE = `npm run test:matrix [-- --only <name,…>] [--limit <seconds for one cell>]

Tries what would be published, installed into an empty project, on every runtime, with every compiler and bundler, and in a browser.
Writes docs/runtimes.md; rows that were not tried this time stay as they are. It takes half an hour, and fetches runtimes the first
time, which are kept in node_modules/.cache. The last line is \`N passed, N failed\`; each cell counts as one.

  --only   some of ${NAMES.join(', ')}
  --limit  ${LIMIT_SECONDS} unless it is given`;
const { only, limit } = options();
const unknown = only.filter((name) => !NAMES.includes(name));
if (unknown.length > 0) {
  console.error(`--only ${unknown.join(',')} is unknown; there are ${NAMES.join(', ')}`);
  process.exit(2);
}

const tally = new Tally();
/** @type {Map<string, Row>} */
const rows = new Map();
await install();
section('build and pack');
if ((await build()) !== 0) process.exit(1);
const project = await emptyProject(await packAll(), ['esbuild@0.25', 'rolldown@1', 'vitest@4', '@types/node@20']);
prepare(project);
const place = { project, limitMs: limit * 1000 };

for (const runtime of RUNTIMES)
  await row(runtime.name, async () => {
    const found = await tryRuntime(runtime, place, (column) => console.log(`${runtime.name}: ${column} …`));
    return { ...found, ...(runtime.why && { why: runtime.why }) };
  });
await row('chromium', () => tryChromium(place));
for (const version of TYPESCRIPTS) await row(`typescript-${version}`, () => tryTypeScript(version, place));
for (const bundler of BUNDLERS) await row(bundler, () => tryBundler(bundler, place));

writeFileSync(PAGE, page(existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : ''));
tally.finish();

/**
 * @param {string} name
 * @param {() => Promise<Row>} find
 */
async function row(name, find) {
  if (!only.includes(name)) return;
  section(name);
  try {
    const found = await find();
    rows.set(name, found);
    for (const [column, { ok, text }] of Object.entries(found.cells)) {
      console.log(`${ok ? 'passed' : 'FAILED'}: ${name} ${found.version}, ${column}: ${text}`);
      tally.count(ok, `${name}, ${column}: ${text}`);
    }
  } catch (error) {
    console.error(error);
    tally.count(false, `${name}: ${error instanceof Error ? error.message : error}`);
  }
}

function options() {
  const values = optionsOf(USAGE, { only: { type: 'string' }, limit: { type: 'string' } });
  const seconds = Number(values.limit ?? LIMIT_SECONDS);
  if (!(seconds > 0)) {
    console.error(`--limit ${values.limit} has to be a number of seconds`);
    process.exit(2);
  }
  return { only: values.only?.split(',') ?? NAMES, limit: seconds };
}

/**
 * The page, with the rows that were there where there are no new ones.
 *
 * @param {string} before
 */
function page(before) {
  /** @param {string} name @param {readonly string[]} columns */
  const line = (name, columns) => {
    const found = rows.get(name);
    if (found === undefined) {
      return (
        before.split('\n').find((text) => text.startsWith(`| ${name} |`)) ??
        `| ${name} | not tried${' |'.repeat(columns.length + 1)}`
      );
    }
    const texts = columns.map((column) => found.cells[column]?.text ?? `not tried: ${found.why}`);
    return `| ${name} | ${[found.version, ...texts].join(' | ')} |`;
  };
  /** @param {string} first @param {readonly string[]} names @param {readonly string[]} columns */
  const table = (first, names, columns) =>
    [
      `| ${[first, 'version', ...columns].join(' | ')} |`,
      `|${' --- |'.repeat(columns.length + 2)}`,
      ...names.map((name) => line(name, columns)),
    ].join('\n');
  const runtimes = RUNTIMES.map(({ name }) => name);
  return `# Where it works

Written by \`npm run test:matrix\`, which installs what would be published into an empty project and tries it there. Do not edit.

## Runtimes

*quickstart* and *worker pool* are the examples of those names, whose output has to be what their pages show. *terminate* is what
\`await worker.terminate()\` means: \`declareGone\` may be called only after the thread has ended. *suite* is all of
\`pid-conformance\`: the built-in designs, alone, shared, and by several threads.

${table('runtime', runtimes, COLUMNS)}

## Browsers

*threads* is chapter SHARED in a page and two workers, *suite* all other chapters in the page, for all built-in designs.

${table('browser', ['chromium'], ['threads', 'suite'])}

## TypeScript

A program that imports every package is compiled with \`strict\` and \`skipLibCheck: false\`, by each way to resolve modules.

${table(
  'compiler',
  TYPESCRIPTS.map((version) => `typescript-${version}`),
  TYPES,
)}

## Bundlers

A program over a process table and one design, as one module.

${table('bundler', BUNDLERS, ['bundle'])}
`;
}

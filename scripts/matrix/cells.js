// What is tried on each runtime, with each compiler and bundler, and in the browser. Each cell has a time limit, and says in a
// few words what came of it.

import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { published } from '../lib/pack.js';
import { readJson, root } from '../lib/run.js';
import { fetched } from './runtimes.js';
import { done } from './spawn.js';

/** @typedef {{ ok: boolean, text: string }} Cell */
/** @typedef {import('./runtimes.js').Runtime} Runtime */
/** @typedef {{ project: string, limitMs: number }} Place */

export const COLUMNS = /** @type {const} */ (['quickstart', 'worker pool', 'terminate', 'suite']);

/**
 * What cannot work where nothing says when a thread has ended, and why: `pool` of the worker pool, `terminate` of how a thread
 * ends, and `clauses` of the suite.
 *
 * @type {Record<string, { pool: string, terminate?: string, clauses?: { ids: readonly string[], why: string } }>}
 */
const LIMITS = {
  bun: {
    pool: 'works until a worker is terminated: `threadEnd` refuses, since Bun does not promise when a thread has ended',
  },
  deno: {
    pool: 'works until a worker is terminated: `threadEnd` refuses, since Deno does not say when a thread has ended',
    terminate: 'Deno says that the thread has ended while it runs',
    clauses: {
      ids: ['SHARED-27', 'SHARED-30'],
      why: '`terminate()` resolves while the thread still runs, and `declareGone` may be called only after it has stopped',
    },
  },
};

/** @type {(text: string) => Cell} */
const works = (text) => ({ ok: true, text });
/** @type {(text: string) => Cell} */
const fails = (text) => ({
  ok: false,
  text: `**fails**: ${text.trim().split('\n').at(-1)?.replaceAll('|', '/').slice(0, 160)}`,
});

/** Copies the programs into the project. @param {string} project */
export function prepare(project) {
  const copies = [
    ['examples/quickstart/main.js', 'quickstart.js'],
    ...['main.js', 'worker.js', 'smallest.js'].map((name) => [`examples/worker-pool/${name}`, name]),
    ...['terminate.js', 'consumer.ts', 'program.js', 'page.js', 'assert.js'].map((name) => [
      `scripts/matrix/project/${name}`,
      name,
    ]),
  ];
  for (const [from, to] of copies) copyFileSync(join(root, from), join(project, to));
}

/** @type {Record<(typeof COLUMNS)[number], (runtime: Runtime, run: (file: string, args?: string[]) => ReturnType<typeof done>, place: Place) => Promise<Cell>>} */
const TRIALS = {
  async quickstart(_runtime, run) {
    const { status, output, stdout } = await run('quickstart.js');
    const promised = [...readFileSync(join(root, 'examples/quickstart/main.js'), 'utf8').matchAll(/\/\/ → (.*)$/gm)];
    const isSame = stdout.trimEnd() === promised.map(([, text]) => text).join('\n');
    return status === 0 && isSame ? works('works') : fails(`${output}\n${status}`);
  },
  async 'worker pool'({ name }, run) {
    const { status, output, stdout } = await run('main.js');
    const page = readFileSync(join(root, 'examples/worker-pool/README.md'), 'utf8');
    const shown = /^```text\n([\s\S]*?)^```$/m.exec(page)?.[1];
    if (status === 0 && stdout === shown) return works('works');
    const untilLoss = (/** @type {string} */ text) => text.slice(0, text.search(/^.* is gone; /m));
    const refuses = /threadEnd: it cannot be known in \w+ when the thread has ended/.test(output);
    const limit = LIMITS[name];
    const isKnown = limit && refuses && shown !== undefined && stdout === untilLoss(shown);
    return isKnown ? works(limit.pool) : fails(`${output}\n${status}`);
  },
  async terminate({ name }, run) {
    const { status, output, stdout } = await run('terminate.js');
    if (status !== 0) return fails(`${output}\n${status}`);
    const steps = Number(stdout);
    if (steps === 0) return works('has ended the thread');
    const why = LIMITS[name]?.terminate;
    return {
      ok: why !== undefined,
      text: `the thread made ${steps.toLocaleString('en')} steps more${why ? `: ${why}` : ''}`,
    };
  },
  async suite({ name }, run, { project }) {
    const file = join(project, 'suite.json');
    rmSync(file, { force: true });
    const program = 'node_modules/@pidlab/conformance/bin/pid-conformance.js';
    const { status, output } = await run(program, ['--reporter', 'json', '--output', file]);
    if (!existsSync(file)) return fails(`${output}\n${status}`);
    /** @type {import('@pidlab/conformance').JsonReport} */
    const { passed, failed, conformance } = readJson(file);
    const broken = [...new Set(conformance.filter(({ status }) => status === 'failed').map(({ clause }) => clause))];
    const limit = LIMITS[name]?.clauses;
    const text = `${passed.toLocaleString('en')} of ${(passed + failed).toLocaleString('en')} clauses`;
    if (failed === 0) return works(text);
    const isKnown = limit !== undefined && broken.every((clause) => limit.ids.includes(clause));
    return { ok: isKnown, text: `${text}; not ${broken.join(', ')}${isKnown ? `: ${limit.why}` : ''}` };
  },
};

/**
 * All columns of a runtime.
 *
 * @param {Runtime} runtime
 * @param {Place} place
 * @param {(column: string) => void} onColumn
 */
export async function tryRuntime(runtime, place, onColumn) {
  const program = await fetched(runtime.spec, runtime.bin);
  /** @param {string} file @param {string[]} [args] */
  const run = (file, args = []) =>
    done(program, [...runtime.args, file, ...args], { cwd: place.project, limitMs: place.limitMs });
  const version = await done(program, ['--version'], { cwd: place.project, limitMs: place.limitMs });
  /** @type {Record<string, Cell>} */
  const cells = {};
  for (const column of COLUMNS) {
    if (runtime.only !== undefined && !runtime.only.includes(column)) continue;
    onColumn(column);
    cells[column] = await TRIALS[column](runtime, run, place);
  }
  return { version: /\d+\.\d+\.\d+/.exec(version.stdout)?.[0] ?? '?', cells };
}

const RESOLUTIONS = {
  node16: { module: 'node16', moduleResolution: 'node16' },
  nodenext: { module: 'nodenext', moduleResolution: 'nodenext' },
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
};
export const TYPES = Object.keys(RESOLUTIONS);

/**
 * The consumer, compiled strictly, declarations of libraries included.
 *
 * @param {string} version
 * @param {Place} place
 */
export async function tryTypeScript(version, { project, limitMs }) {
  const tsc = await fetched(`typescript@${version}`, 'tsc');
  const { stdout } = await done(tsc, ['--version'], { cwd: project, limitMs });
  /** @type {Record<string, Cell>} */
  const cells = {};
  for (const [name, resolution] of Object.entries(RESOLUTIONS)) {
    const compilerOptions = {
      ...resolution,
      ...{ target: 'es2022', lib: ['es2023', 'dom'], types: ['node'], strict: true, noEmit: true },
      ...{ exactOptionalPropertyTypes: true, skipLibCheck: false },
    };
    const file = join(project, `tsconfig.${name}.json`);
    writeFileSync(file, JSON.stringify({ compilerOptions, files: ['consumer.ts'] }));
    const { status, output } = await done(tsc, ['-p', file], { cwd: project, limitMs });
    cells[name] = status === 0 ? works('compiles') : fails(output.trim().split('\n')[0] || String(status));
  }
  return { version: /\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? '?', cells };
}

/**
 * A bundle of the libraries that runs by itself, and how large it is.
 *
 * @param {'rolldown' | 'esbuild'} bundler
 * @param {Place} place
 */
export async function tryBundler(bundler, { project, limitMs }) {
  const { version } = readJson(createRequire(join(project, 'package.json')).resolve(`${bundler}/package.json`));
  const program = join(project, 'node_modules', '.bin', bundler);
  const out = join(project, 'bundled');
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out);
  const file = join(out, 'program.mjs');
  const args =
    bundler === 'esbuild'
      ? ['program.js', '--bundle', '--minify', '--format=esm', `--outfile=${file}`]
      : ['program.js', '--minify', '--format', 'esm', '--file', file];
  const built = await done(program, args, { cwd: project, limitMs });
  if (built.status !== 0) return { version, cells: { bundle: fails(built.output) } };
  const { status, stdout, output } = await done(process.execPath, [file], { cwd: out, limitMs });
  const size = `${Math.round(readFileSync(file).length / 1000)} kB minified`;
  const cell = status === 0 && stdout === '1 2\n' ? works(`runs alone; ${size}`) : fails(output);
  return { version, cells: { bundle: cell } };
}

const STRATEGIES = published.flatMap((dir) => /^packages\/core-(.*)$/.exec(dir)?.[1] ?? []);

/**
 * The suite in a page, and chapter SHARED in a page with two workers.
 *
 * @param {Place} place
 */
export async function tryChromium({ project, limitMs }) {
  const { rolldown } = await import('rolldown');
  const { chromium } = await import('playwright-core');
  /** @param {string} input */
  const bundled = async (input) => {
    const resolve = { alias: { 'node:assert': join(project, 'assert.js') } };
    const build = await rolldown({ input, platform: 'browser', logLevel: 'silent', resolve, cwd: project });
    const { output } = await build.generate({ format: 'esm' });
    await build.close();
    return output.map((chunk) => [`/${chunk.fileName}`, 'code' in chunk ? chunk.code : '']);
  };
  /** @type {Map<string, string>} */
  const files = new Map([['/', '<!doctype html><title>pidlab</title>']]);
  for (const [path, code] of await bundled(join(project, 'page.js'))) files.set(path, code);
  const inside = join(project, 'node_modules', '@pidlab');
  for (const [, code] of await bundled(join(inside, 'conformance/dist/threads/browser-worker.js')))
    files.set('/worker.js', code);
  for (const name of STRATEGIES)
    for (const [, code] of await bundled(join(inside, `core-${name}/dist/index.js`))) files.set(`/${name}.js`, code);

  const server = createServer((request, response) => {
    const text = files.get(request.url ?? '');
    response.writeHead(text === undefined ? 404 : 200, {
      'Content-Type': request.url?.endsWith('.js') ? 'text/javascript' : 'text/html; charset=utf-8',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
    });
    response.end(text);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const executablePath = process.env.PIDLAB_CHROMIUM ?? '/usr/bin/chromium';
  const browser = await chromium.launch({ executablePath, headless: true, args: ['--no-sandbox', '--disable-gpu'] });
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${port}/`);
    /** @param {'suite' | 'threads'} what @returns {Promise<Cell>} */
    const all = async (what) => {
      let passed = 0;
      /** @type {string[]} */
      const failures = [];
      for (const name of STRATEGIES) {
        const script = `import('/page.js').then((page) => page.${what}('/${name}.js'))`;
        const late = new Promise((_, reject) =>
          setTimeout(reject, limitMs, new Error(`longer than ${limitMs / 1000} s`)).unref(),
        );
        const result = await Promise.race([page.evaluate(script), late]);
        passed += result.passed;
        failures.push(...result.failures);
      }
      const text = `${passed.toLocaleString('en')} clauses`;
      return failures.length === 0 ? works(text) : fails(`${text}, not ${failures.join('; ')}`);
    };
    /** @type {Record<string, Cell>} */
    const cells = {};
    for (const what of /** @type {const} */ (['threads', 'suite'])) {
      cells[what] = await all(what).catch((error) => fails(String(error)));
    }
    return { version: browser.version(), cells };
  } finally {
    await browser.close();
    server.close();
  }
}

// What the root scripts share: sections, running a program with its output shown, counting, and a pnpm of the right
// version on a machine that has only Node and npm. No dependencies: this runs before anything is installed.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export const root = join(import.meta.dirname, '..', '..');
const reports = join(root, 'reports');

/** @param {string} file */
export const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));

// npm hands its whole configuration to scripts as npm_config_*. Only what says how to reach the registry may pass.
const REGISTRY_SETTINGS =
  /^npm_config_(_?registry|cafile|ca|https?_proxy|proxy|noproxy|userconfig|globalconfig|cache)$/i;

/** The environment of every program that is started here: local binaries first, no questions, nothing sent anywhere. */
function environment() {
  /** @type {NodeJS.ProcessEnv} */
  const env = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (/^npm_/i.test(name) && !REGISTRY_SETTINGS.test(name)) continue;
    env[name] = value;
  }
  const path = Object.keys(env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH';
  env[path] = [join(root, 'node_modules', '.bin'), env[path]].filter(Boolean).join(delimiter);
  return {
    ...env,
    ...(process.stdout.isTTY || env.FORCE_COLOR || env.NO_COLOR ? {} : { NO_COLOR: '1' }),
    CI: 'true',
    DO_NOT_TRACK: '1',
    TURBO_TELEMETRY_DISABLED: '1',
    TURBO_NO_UPDATE_NOTIFIER: '1',
    NO_UPDATE_NOTIFIER: '1',
    npm_config_update_notifier: 'false',
  };
}

/**
 * Runs a program in `cwd` (the root by default) with its output shown, and gives its exit code; 127 when it could not start.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string }} [options]
 * @returns {Promise<number>}
 */
export function run(command, args, { cwd = root } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: environment(),
      stdio: ['ignore', 'inherit', 'inherit'],
      shell: process.platform === 'win32',
    });
    child.on('error', (error) => {
      console.error(`cannot start ${command}: ${error.message}`);
      resolve(127);
    });
    child.on('close', (code, signal) => resolve(signal ? 1 : (code ?? 1)));
  });
}

/** @param {string} title */
export function section(title) {
  console.log(`\n── ${title} ${'─'.repeat(Math.max(3, 96 - title.length))}`);
}

/** Counts of what passed, failed and was skipped, and the last line that says so. */
export class Tally {
  passed = 0;
  failed = 0;
  /** @type {string[]} */
  failures = [];
  /** @type {string[]} */
  skips = [];

  get skipped() {
    return this.skips.length;
  }

  /**
   * Runs one named check under a heading and counts it as one. `work` gives true, or an exit code of 0, for success.
   *
   * @param {string} title
   * @param {() => Promise<number | boolean>} work
   */
  async check(title, work) {
    section(title);
    const start = performance.now();
    let ok = false;
    try {
      const result = await work();
      ok = result === true || result === 0;
    } catch (error) {
      console.error(error);
    }
    console.log(`${ok ? 'passed' : 'FAILED'}: ${title} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
    this.count(ok, title);
    return ok;
  }

  /**
   * @param {boolean} ok
   * @param {string} title
   */
  count(ok, title) {
    if (ok) this.passed++;
    else {
      this.failed++;
      this.failures.push(title);
    }
  }

  /** @param {string} title */
  countSkipped(title) {
    this.skips.push(title);
  }

  /** Prints the summary, whose last line is `N passed, N failed`, and sets the exit code. */
  finish() {
    section('summary');
    for (const skipped of this.skips) console.log(`skipped: ${skipped}`);
    for (const failure of this.failures) console.log(`failed: ${failure}`);
    process.exitCode = this.failed > 0 || this.passed === 0 ? 1 : 0;
    console.log(`${this.passed} passed, ${this.failed} failed${this.skipped > 0 ? `, ${this.skipped} skipped` : ''}`);
  }
}

/** The folders of all workspace packages, relative to the root, in a fixed order. */
export function workspaceFolders() {
  return ['packages', 'examples'].flatMap((group) =>
    existsSync(join(root, group))
      ? readdirSync(join(root, group))
          .sort()
          .map((name) => `${group}/${name}`)
          .filter((dir) => existsSync(join(root, dir, 'package.json')))
      : [],
  );
}

/** A hash of all that decides what `pnpm install` would do. */
function dependencyHash() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch} ${process.versions.modules}`);
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json'])
    hash.update(readFileSync(join(root, file)));
  for (const dir of workspaceFolders()) hash.update(dir).update(readFileSync(join(root, dir, 'package.json')));
  return hash.digest('hex');
}

/**
 * Installs exactly what pnpm-lock.yaml says, with the pnpm that package.json pins. Nothing is done, and nothing asked of
 * the registry, when the last install was of the same lockfile and manifests.
 */
export async function install() {
  section('install');
  const stamp = join(root, 'node_modules', '.pidlab-installed');
  const want = dependencyHash();
  const linked = workspaceFolders().every((dir) => {
    const { dependencies, devDependencies } = readJson(join(root, dir, 'package.json'));
    return (!dependencies && !devDependencies) || existsSync(join(root, dir, 'node_modules'));
  });
  if (linked && existsSync(stamp) && readFileSync(stamp, 'utf8') === want) {
    console.log('node_modules is up to date with pnpm-lock.yaml');
    return;
  }
  const [pnpm] = readJson(join(root, 'package.json')).packageManager.split('+');
  console.log(`${pnpm} install --frozen-lockfile (fetched by npx; a minute or so the first time)`);
  const code = await run('npx', ['--yes', pnpm, 'install', '--frozen-lockfile', '--reporter=append-only']);
  if (code !== 0) throw new Error(`pnpm install failed with exit code ${code}`);
  writeFileSync(stamp, want);
}

/** Builds every package whose sources changed. Gives the exit code. */
export function build() {
  return run('turbo', ['run', 'build', '--output-logs=new-only']);
}

/**
 * Makes the `reports` folder, which git ignores, and gives the path of a file in it.
 *
 * @param {string} name
 */
export function reportFile(name) {
  mkdirSync(reports, { recursive: true });
  return join(reports, name);
}

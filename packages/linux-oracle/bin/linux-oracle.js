#!/usr/bin/env node
// Records fresh scenarios from the kernel of this machine and replays each at once on a process table. The last line is
// `N passed, N failed`, each scenario counting as one; `--help` says more. Needs a build.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { BUILTINS, loadStrategy } from '@pidlab/conformance/strategies';
import { createProcessTable } from '@pidlab/process-table';
import { loadMutant, mutants } from '@pidlab/trials/mutants';
import { buildRecorder, kernelName, whyNot } from '../src/recorder.js';
import { encodeRecording } from '../src/recording.js';
import { replayMode, replayRecording } from '../src/replay.js';
import { OPTIONS_LIMITS, PROFILES, recordScenario } from '../src/scenario.js';

const HELP = `npm run linux-oracle -- [options]

Has the kernel of this machine perform random scenarios (forks, exits, waits, threads, namespaces, sessions, signals, full
maps, chosen numbers), and a process table the same ones; compares answer by answer and number by number.
Needs Linux, root and cc. Elsewhere it says why it cannot, and exits with 0.

  --seed N          the first seed; default: a random one, which is printed
  --steps N         steps of each scenario, 1 to ${OPTIONS_LIMITS.steps}; default 500
  --count N         scenarios, with seeds N, N + 1, …; default 15, one of each profile
  --profile NAME    only this mixture of steps: ${Object.keys(PROFILES).join(', ')}
  --strategy WHAT   hierarchical (default), flat, pidspace, idr, or the path of a module that exports createPidAllocator
                    and traits; what goes deeper than the design is skipped
  --mutant ID       a design with one thing broken on purpose, by its name in docs/mutants.md, in place of --strategy: to see
                    that the kernel notices. Not every mutant shows: some break what a process table never asks for
  --save FOLDER     also write each recording to FOLDER/<name>.oracle
  --help            this text

Exit code: 0 all identical (or nothing could be recorded here), 1 a difference, 2 wrong options.`;

const options = readOptions();
if (options.help) {
  console.log(HELP);
} else {
  process.exitCode = await main();
}

async function main() {
  const reason = whyNot();
  if (reason !== undefined) {
    console.log(`skipped: ${reason}\n0 passed, 0 failed, 1 skipped`);
    return 0;
  }
  return compare();
}

async function compare() {
  const subject = { ...(await strategy()), createProcessTable };
  const kernel = kernelName();
  const { seed: first, steps, count, profile, save } = options;
  const broken = mutant();
  if (broken !== undefined) console.log(`mutant ${broken.id}: ${broken.why}`);
  console.log(
    `${kernel}, ${subject.traits.strategy}: ${count} scenarios of ${steps} steps, seeds ${first} to ${first + count - 1}`,
  );
  let [passed, failed, skipped] = [0, 0, 0];
  const { program, remove } = buildRecorder();
  try {
    for (let seed = first; seed < first + count; seed++) {
      const outcome = await one(seed);
      console.log(outcome.line);
      if (outcome.kind === 'passed') passed++;
      else if (outcome.kind === 'skipped') skipped++;
      else failed++;
    }
  } finally {
    remove();
  }
  /**
   * Records a scenario and replays it. A kernel says the same twice, so a difference counts when it is there again in a
   * second recording; a busy machine has been seen to disturb one.
   *
   * @param {number} seed
   * @returns {Promise<{ kind: 'passed' | 'skipped' | 'failed', line: string }>}
   */
  async function one(seed) {
    const once = await attempt(seed);
    if (once.kind !== 'failed') return once;
    const twice = await attempt(seed);
    if (twice.kind === 'failed') return twice;
    return { ...twice, line: `${twice.line}; recorded again, since the first was disturbed: ${once.line}` };
  }

  /** @param {number} seed @returns {Promise<{ kind: 'passed' | 'skipped' | 'failed', line: string }>} */
  async function attempt(seed) {
    try {
      const recording = await recordScenario(program, { seed, steps, kernel, ...(profile && { profile }) });
      const { name } = recording.header;
      if (save !== undefined) {
        mkdirSync(save, { recursive: true });
        writeFileSync(join(save, `${name}.oracle`), encodeRecording(recording));
      }
      if (replayMode(recording.header, subject.traits) === undefined)
        return { kind: 'skipped', line: `skipped    ${name}: deeper than ${subject.traits.strategy} can follow` };
      const { compared, differences } = replayRecording(recording, subject);
      const known = Object.entries(differences).flatMap(([what, times]) => (times > 0 ? [`${what} ${times}`] : []));
      const also = known.length > 0 ? `; differs on purpose: ${known.join(', ')}` : '';
      return { kind: 'passed', line: `identical  ${name}: ${steps} steps, ${compared} comparisons${also}` };
    } catch (error) {
      const { name: kind, message, stack } = /** @type {Error} */ (error);
      return { kind: 'failed', line: `FAILED     seed ${seed}: ${kind === 'OracleMismatch' ? message : stack}` };
    }
  }
  console.log(`${kernel}: ${passed} of ${passed + failed} identical`);
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return failed > 0 ? 1 : 0;
}

/** The mutant that was asked for, if any. */
function mutant() {
  return mutants.find(({ id }) => id === options.mutant);
}

/** @returns {Promise<import('@pidlab/contract').Strategy>} */
async function strategy() {
  const broken = mutant();
  return broken === undefined ? (await loadStrategy(options.strategy)).strategy : loadMutant(broken);
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        seed: { type: 'string' },
        steps: { type: 'string', default: '500' },
        count: { type: 'string', default: '15' },
        profile: { type: 'string' },
        strategy: { type: 'string', default: 'hierarchical' },
        mutant: { type: 'string' },
        save: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    const { profile, strategy: name, mutant: broken } = values;
    if (profile !== undefined && !Object.hasOwn(PROFILES, profile)) throw new Error(`there is no profile ${profile}`);
    if (!Object.hasOwn(BUILTINS, name) && !existsSync(resolve(name)))
      throw new Error(`--strategy ${name} is no design and no file`);
    if (broken !== undefined && !mutants.some(({ id }) => id === broken))
      throw new Error(`there is no mutant ${broken}; docs/mutants.md lists them`);
    return {
      ...values,
      seed:
        values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : whole('seed', values.seed, 0, 2 ** 32 - 1),
      steps: whole('steps', values.steps, 1, OPTIONS_LIMITS.steps),
      count: whole('count', values.count, 1, OPTIONS_LIMITS.count),
    };
  } catch (error) {
    console.error(`${/** @type {Error} */ (error).message}\n\n${HELP}`);
    return process.exit(2);
  }
}

/** @param {string} name @param {string} text @param {number} low @param {number} high */
function whole(name, text, low, high) {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < low || value > high)
    throw new Error(`--${name} is ${text}; it has to be a whole number in [${low}, ${high}]`);
  return value;
}

/*
 * The other end of record.c: builds it, starts it, hands it one command at a time, and reads what the kernel said.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { constants, release, type as system, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/**
 * What /proc says of one task, with all numbers from the outermost namespace inwards.
 *
 * @typedef {object} Seen
 * @property {number} nr its number in the outermost namespace
 * @property {number} tgid the same of its process
 * @property {'S' | 'T' | 'Z' | 'E'} state alive, zombie, or ending (an init that waits for its namespace to empty)
 * @property {number} ppid
 * @property {number[]} pids
 * @property {number[]} pgids
 * @property {number[]} sids
 */

/**
 * What one command gave: `ret` is what the system call returned (`undefined` where nobody was left to say), negative for
 * an errno; `more` are two numbers beside it; `list` is a listing; then who is new or different, and who is gone.
 *
 * @typedef {{ ret: number | undefined, more: number[], list: number[] | undefined, changed: Seen[], gone: number[] }} Answer
 */

/** The name of each errno that Linux knows; EAGAIN has two. */
const ERRNO_NAMES = new Map(
  Object.entries(constants.errno).flatMap(([name, value]) => (name === 'EWOULDBLOCK' ? [] : [[value, name]])),
);

/** @param {number} ret a negative errno */
export const errnoName = (ret) => ERRNO_NAMES.get(-ret) ?? `E${-ret}`;

/** Why nothing can be recorded on this machine, or undefined. */
export function whyNot() {
  if (process.platform !== 'linux') return `this is ${system()}, not Linux`;
  if (process.geteuid?.() !== 0) return 'only root may make pid namespaces, move their cursors and choose numbers';
  try {
    execFileSync('cc', ['--version'], { stdio: 'ignore' });
  } catch {
    return 'there is no C compiler (cc) to build the recorder with';
  }
  return undefined;
}

/** The kernel of this machine. */
export const kernelName = () => `${system()} ${release()}`;

/** A program that could not do what it was told. */
class RecorderError extends Error {
  /** @override */
  name = 'RecorderError';
}

/** Builds record.c. Returns its path and how to remove it. */
export function buildRecorder() {
  const folder = mkdtempSync(join(tmpdir(), 'pidlab-linux-'));
  const program = join(folder, 'record');
  const source = join(import.meta.dirname, 'record.c');
  const compile = (/** @type {string[]} */ ...options) =>
    execFileSync('cc', ['-O1', '-Wall', '-Wextra', ...options, '-o', program, source], { stdio: 'pipe' });
  try {
    // A static program starts and forks faster; not every machine has a static C library.
    compile('-static');
  } catch {
    compile();
  }
  return { program, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/**
 * Starts a fresh namespace with one process in it, number 1, and returns how to command it.
 *
 * @param {string} program
 */
export async function openKernel(program) {
  const child = spawn(program, [], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = new Promise((resolve) => child.on('close', resolve));
  child.stdin.on('error', () => {});

  /** @returns {Promise<Answer>} */
  const answer = async () => {
    /** @type {Answer} */
    const found = { ret: undefined, more: [], list: undefined, changed: [], gone: [] };
    for (;;) {
      const { value: line, done } = await lines.next();
      if (done) throw new RecorderError('the recorder has ended');
      const words = line.split(' ');
      if (line === '.') return found;
      if (words[0] === '!') throw new RecorderError(line.slice(2));
      if (words[0] === '=') {
        if (words[1] !== 'none') [found.ret, ...found.more] = words.slice(1).map(Number);
      } else if (words[0] === 'ls') found.list = words.slice(1).map(Number);
      else if (words[1] === '-') found.gone.push(Number(words[0]));
      else found.changed.push(parseSeen(words));
    }
  };

  const first = await answer();
  // The recorder gives up by itself when a step does not end; this is for when even that fails.
  const patience = setTimeout(() => child.kill('SIGKILL'), 60_000);
  return {
    /** What there is at the start. */
    first,
    /**
     * Has the worker in `slot` perform one command.
     *
     * @param {string} op
     * @param {number} slot
     * @param {readonly number[]} args
     */
    command: (op, slot, args) => {
      child.stdin.write(`${[op, slot, ...args].join(' ')}\n`);
      return answer();
    },
    /** Ends everybody in the namespace, and with them the namespace. */
    close: async () => {
      child.stdin.end();
      await ended;
      clearTimeout(patience);
    },
  };
}

/** @param {string[]} words @returns {Seen} */
function parseSeen([nr, tgid, state, ppid, pids, , pgids, sids]) {
  const list = (/** @type {string} */ text) => text.split(',').map(Number);
  return {
    nr: Number(nr),
    tgid: Number(tgid),
    state: /** @type {Seen['state']} */ (state),
    ppid: Number(ppid),
    pids: list(pids),
    pgids: list(pgids),
    sids: list(sids),
  };
}

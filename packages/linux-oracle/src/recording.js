/*
 * A recorded scenario as a file: gzip (which brings length and checksum) around lines of text. README.md describes them;
 * `zcat` shows them.
 */
import { gunzipSync, gzipSync } from 'node:zlib';

/** @typedef {keyof typeof OPS} Op */

/**
 * One thing that has changed about a task. Tasks are named by the order of their births; number 1 of the outermost
 * namespace is task 0. Lists of numbers begin with the outermost namespace.
 *
 * @typedef {(
 *   { kind: 'born', task: number, leader: number, ppid: number, pids: number[], pgids: number[], sids: number[] } |
 *   { kind: 'alive' | 'stopped' | 'zombie' | 'ending' | 'gone', task: number } |
 *   { kind: 'ppid', task: number, ppid: number } |
 *   { kind: 'pgids' | 'sids', task: number, numbers: number[] }
 * )} Change
 */

/**
 * One step: what `actor` did, what the kernel answered (a number, an errno's name, or undefined where the actor did not
 * live to be told), two numbers beside it where the call has more to say, and what was different afterwards.
 *
 * @typedef {object} Step
 * @property {Op} op
 * @property {number} actor
 * @property {number[]} args
 * @property {number | string | undefined} ret
 * @property {number[]} more
 * @property {number[] | undefined} list
 * @property {Change[]} changes
 */

/**
 * @typedef {object} Header
 * @property {string} name
 * @property {string} profile which mixture of steps was drawn from
 * @property {number} seed
 * @property {string} kernel
 * @property {number} depth the deepest level that a process reached
 * @property {number} pidMax of the outermost namespace, at the start
 * @property {number} lastPid the same for its cursor
 * @property {boolean} contained the outermost namespace has no process but number 1, and limits nothing
 * @property {number} steps
 */

/** @typedef {{ header: Header, steps: Step[] }} Recording */

/** The steps that there are, and how many numbers follow `actor` at least and at most. */
const OPS = /** @type {const} */ ({
  fork: [2, 7],
  thread: [1, 1],
  unshare: [0, 0],
  setns: [1, 1],
  exec: [0, 0],
  exit: [1, 1],
  exitgroup: [1, 1],
  wait: [2, 2],
  waitid: [3, 3],
  setsid: [0, 0],
  setpgid: [2, 2],
  getpgid: [1, 1],
  getsid: [1, 1],
  ids: [0, 0],
  lastpid: [0, 1],
  pidmax: [0, 1],
  list: [0, 0],
  kill: [2, 2],
  tgkill: [3, 3],
  sigchld: [1, 1],
  subreaper: [1, 1],
  sigaction: [2, 2],
  pidfd: [3, 3],
  nsget: [3, 3],
});

const FORMAT = 'pidlab-linux-1';

/** A file that cannot be what was recorded. */
export class RecordingError extends Error {
  /** @override */
  name = 'RecordingError';
}

/** @param {Recording} recording */
export function encodeRecording({ header, steps }) {
  const lines = [JSON.stringify({ format: FORMAT, ...header, steps: steps.length }), ...steps.map(printStep), ''];
  return gzipSync(lines.join('\n'), { level: 9 });
}

/** @param {Uint8Array} file @returns {Recording} */
export function decodeRecording(file) {
  let text;
  try {
    text = gunzipSync(file).toString();
  } catch (error) {
    throw new RecordingError(`the recording is damaged or cut off: ${/** @type {Error} */ (error).message}`);
  }
  const lines = text.split('\n');
  let header;
  try {
    header = JSON.parse(lines[0]);
  } catch {
    throw new RecordingError('the recording does not begin with a line of JSON');
  }
  if (header?.format !== FORMAT) throw new RecordingError(`the format is ${header?.format}, not ${FORMAT}`);
  if (lines.pop() !== '' || lines.length !== header.steps + 1)
    throw new RecordingError(`there are ${lines.length - 1} steps, and the header promises ${header.steps}`);
  const { format: _, ...rest } = header;
  return { header: rest, steps: lines.slice(1).map(parseStep) };
}

/**
 * A step as a line: `op actor numbers > answer`, then ` ; change` for each.
 *
 * @param {Step} step
 */
export function printStep({ op, actor, args, ret, more, list, changes }) {
  const answer = [ret ?? '?', ...more].join(' ');
  const listing = list === undefined ? [] : [`ls ${list.join(' ')}`];
  return [`${[op, actor, ...args].join(' ')} > ${answer}`, ...listing, ...changes.map(printChange)].join(' ; ');
}

/** @param {Change} change */
function printChange(change) {
  const { task } = change;
  switch (change.kind) {
    case 'born': {
      const words = [
        `+${task}`,
        change.ppid,
        ...[change.pids, change.pgids, change.sids].map((list) => list.join('.')),
      ];
      return [...words, ...(change.leader === task ? [] : [`of ${change.leader}`])].join(' ');
    }
    case 'ppid':
      return `${task} parent ${change.ppid}`;
    case 'pgids':
      return `${task} group ${change.numbers.join('.')}`;
    case 'sids':
      return `${task} session ${change.numbers.join('.')}`;
    default:
      return `${task} ${change.kind}`;
  }
}

const ANSWER = /^([a-z]+) (\d+)((?: -?\d+)*) > (\?|-?\d+|E[A-Z0-9]+)((?: -?\d+)*)$/;
const BORN = /^\+(\d+) (\d+) ([\d.]+) ([\d.]+) ([\d.]+)(?: of (\d+))?$/;
const CHANGED = /^(\d+) (?:(alive|stopped|zombie|ending|gone)|(parent|group|session) ([\d.]+))$/;

/** @param {string} line @param {number} index @returns {Step} */
function parseStep(line, index) {
  const refuse = (/** @type {string} */ what) => new RecordingError(`step ${index + 1}, "${line}": ${what}`);
  const parts = line.split(' ; ');
  const match = ANSWER.exec(parts[0]);
  if (match === null || !Object.hasOwn(OPS, match[1])) throw refuse('no such step');
  const op = /** @type {Op} */ (match[1]);
  const args = numbers(match[3], ' ');
  if (args.length < OPS[op][0] || args.length > OPS[op][1]) throw refuse('too few or too many numbers');
  const list = parts[1]?.startsWith('ls ') ? numbers(parts[1].slice(2), ' ') : undefined;
  return {
    op,
    actor: Number(match[2]),
    args,
    ret: match[4] === '?' ? undefined : /^E/.test(match[4]) ? match[4] : Number(match[4]),
    more: numbers(match[5], ' '),
    list,
    changes: parts.slice(list === undefined ? 1 : 2).map((part) => {
      const change = parseChange(part);
      if (change === undefined) throw refuse(`"${part}" is no change`);
      return change;
    }),
  };
}

/** @param {string} part @returns {Change | undefined} */
function parseChange(part) {
  const born = BORN.exec(part);
  if (born !== null) {
    const [task, ppid] = [Number(born[1]), Number(born[2])];
    const [pids, pgids, sids] = born.slice(3, 6).map((list) => numbers(list, '.'));
    return { kind: 'born', task, leader: born[6] === undefined ? task : Number(born[6]), ppid, pids, pgids, sids };
  }
  const changed = CHANGED.exec(part);
  if (changed === null) return undefined;
  const task = Number(changed[1]);
  switch (changed[3]) {
    case 'parent':
      return { kind: 'ppid', task, ppid: Number(changed[4]) };
    case 'group':
      return { kind: 'pgids', task, numbers: numbers(changed[4], '.') };
    case 'session':
      return { kind: 'sids', task, numbers: numbers(changed[4], '.') };
    default:
      return { kind: /** @type {'alive' | 'stopped' | 'zombie' | 'ending' | 'gone'} */ (changed[2]), task };
  }
}

/** @param {string} text @param {string} separator */
const numbers = (text, separator) =>
  text
    .split(separator)
    .filter((word) => word !== '')
    .map(Number);

/**
 * The recorded scenarios of a real kernel (`recordings/`), replayed on a process table over each strategy:
 * answer by answer, errno by errno, listing by listing, and after every step every number of everybody.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import * as flat from '@pidlab/core-flat';
import * as hierarchical from '@pidlab/core-hierarchical';
import * as idr from '@pidlab/core-idr';
import * as pidspace from '@pidlab/core-pidspace';
import { createProcessTable } from '@pidlab/process-table';
import { loadMutant, mutants } from '@pidlab/trials/mutants';
import { describe, expect, it } from 'vitest';
import { decodeRecording, encodeRecording, RecordingError } from '../src/recording.js';
import { OracleMismatch, replayMode, replayRecording } from '../src/replay.js';
import { PROFILES } from '../src/scenario.js';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'recordings');
const files = readdirSync(folder).map((name) => join(folder, name));
const recordings = files.map((file) => decodeRecording(readFileSync(file)));
const subjects = [hierarchical, flat, pidspace, idr].map((strategy) => ({ ...strategy, createProcessTable }));

type Recording = (typeof recordings)[number];

describe('the recordings', () => {
  it('are at least 50 scenarios of at least 500 steps, in at most 1 MB', () => {
    expect(recordings.length).toBeGreaterThanOrEqual(50);
    for (const { steps, header } of recordings) expect(steps.length, header.name).toBeGreaterThanOrEqual(500);
    expect(files.reduce((sum, file) => sum + statSync(file).size, 0)).toBeLessThanOrEqual(1_000_000);
  });

  it('say which kernel gave them, and are of every profile', () => {
    for (const { header } of recordings) expect(header.kernel).toMatch(/^Linux \d+\.\d+/);
    expect(new Set(recordings.map(({ header }) => header.profile))).toEqual(new Set(Object.keys(PROFILES)));
  });

  it('show every kind of step, and the failures that there are', () => {
    const steps = recordings.flatMap((recording) => recording.steps);
    const seen = new Set(steps.flatMap(({ op, ret }) => [op, `${op} ${ret}`]));
    const wanted = ['EAGAIN', 'EEXIST', 'EINVAL', 'ENOMEM'].map((errno) => `fork ${errno}`);
    wanted.push(
      'thread',
      'unshare',
      'setns EINVAL',
      'exec',
      'exit',
      'exitgroup',
      'wait ECHILD',
      'waitid ECHILD',
      'ids',
    );
    wanted.push('setsid EPERM', 'setpgid EPERM', 'setpgid ESRCH', 'setpgid EACCES', 'lastpid', 'pidmax EINVAL', 'list');
    wanted.push('sigaction 0', 'sigaction EINVAL', 'pidfd 0', 'pidfd ESRCH', 'pidfd ENOENT', 'pidfd EINVAL');
    wanted.push('nsget 0', 'nsget EPERM', 'nsget ESRCH', 'nsget 1');
    wanted.push('kill ESRCH', 'kill EINVAL', 'tgkill ESRCH', 'sigchld', 'subreaper', 'getpgid ESRCH', 'getsid ESRCH');
    expect([...seen]).toEqual(expect.arrayContaining(wanted));
    expect(Math.max(...recordings.map(({ header }) => header.depth))).toBeGreaterThanOrEqual(5);
    const kinds = steps.flatMap(({ changes }) => changes.map(({ kind }) => kind));
    expect(kinds.filter((kind) => kind === 'stopped').length).toBeGreaterThan(50);
    // CLD_STOPPED and CLD_CONTINUED.
    for (const code of [5, 6]) expect(steps.some(({ op, more }) => op === 'waitid' && more[0] === code)).toBe(true);
  });

  it('are the same after packing and unpacking', () => {
    for (const recording of recordings) expect(decodeRecording(encodeRecording(recording))).toEqual(recording);
  });
});

const SEED = Number(process.env.PIDLAB_SEED ?? Date.now() & 0x7fff_ffff);
/** What each replay on the hierarchical design found, of which a later test asks again. */
const found = new Map<Recording, ReturnType<typeof replayRecording>>();

describe.each(subjects)(`a process table on $traits.strategy (seed ${SEED})`, (subject) => {
  const followed = recordings.filter(({ header }) => replayMode(header, subject.traits) !== undefined);

  it('follows what its design can express', () => {
    const { maxLevel, rootNumbers } = subject.traits;
    const expected = recordings.filter(
      ({ header }) => header.depth <= maxLevel && (rootNumbers === 'small' || header.depth === 0 || header.contained),
    );
    expect(followed).toEqual(expected);
    expect(followed.length).toBeGreaterThanOrEqual(40);
  });

  // All designs are to do the same, so of three of them a sixth of the recordings is enough, which the seed draws, unless there is
  // time: `npm test -- --long`. Nor are everybody's numbers compared at each step then, but on the hierarchical one.
  const { strategy } = subject.traits;
  const isLong = process.env.PIDLAB_LONG === '1';
  const isWhole = isLong || strategy === 'hierarchical';
  const tried = isWhole ? followed : followed.filter((_, i) => i % 6 === SEED % 6);
  const every = isWhole ? 1 : 8;

  it.each(tried)('does what the kernel did in $header.name', (recording) => {
    const result = replayRecording(recording, subject, every);
    if (subject === subjects[0]) found.set(recording, result);
    const { steps, differences } = result;
    expect(steps).toBe(recording.steps.length);
    if (subject.traits.rules === 'mainline')
      expect(differences).toMatchObject({ deadNamespace: 0, belowFloor: 0, whichErrno: 0 });
  });
});

it('the recordings show all that mainline does and the designs before it do not', () => {
  const [hierarchicalTable] = subjects;
  const sum = { deadNamespace: 0, belowFloor: 0, whichErrno: 0 };
  for (const recording of recordings) {
    const { differences } = found.get(recording) ?? replayRecording(recording, hierarchicalTable);
    for (const name of ['deadNamespace', 'belowFloor', 'whichErrno'] as const) sum[name] += differences[name];
  }
  for (const times of Object.values(sum)) expect(times).toBeGreaterThan(0);
});

describe('a replay fails, and says where, when the kernel is said to have', () => {
  const [subject] = subjects;
  const original = recordings.find(({ header }) => header.profile === 'deep-mixed') as Recording;
  /** The recording with one step changed: the first of the second half for which `change` does something. */
  function changed(change: (step: Recording['steps'][number]) => boolean): { recording: Recording; at: number } {
    const recording = structuredClone(original);
    const at = recording.steps.findIndex((step, index) => index > 300 && change(step));
    expect(at).toBeGreaterThan(0);
    return { recording, at };
  }

  it.each<[string, (step: Recording['steps'][number]) => boolean]>([
    [
      'given another number',
      (step) => {
        const born = step.changes.find(({ kind }) => kind === 'born');
        if (born?.kind === 'born') born.pids[0]++;
        return born !== undefined;
      },
    ],
    [
      'returned another number',
      (step) => {
        const given = step.op === 'fork' && typeof step.ret === 'number';
        if (given) (step.ret as number)++;
        return given;
      },
    ],
    [
      'refused with another errno',
      (step) => {
        const refused = step.op === 'wait' && step.ret === 'ECHILD';
        if (refused) step.ret = 'EINVAL';
        return refused;
      },
    ],
    [
      'moved a process to another group',
      (step) => {
        const moved = step.changes.find(({ kind }) => kind === 'pgids');
        if (moved?.kind === 'pgids') moved.numbers[0]++;
        return moved !== undefined;
      },
    ],
    [
      'kept a zombie alive',
      (step) => {
        const at = step.changes.findIndex(({ kind }) => kind === 'zombie');
        if (at >= 0) step.changes.splice(at, 1);
        return at >= 0;
      },
    ],
    ['listed another process', (step) => (step.list?.push(999_999) ?? 0) > 0],
  ])('%s', (_what, change) => {
    const { recording, at } = changed(change);
    expect(() => replayRecording(recording, subject)).toThrow(OracleMismatch);
    expect(() => replayRecording(recording, subject)).toThrow(`${original.header.name}, step ${at + 1}, "`);
  });

  it('gone on where a pidmap gives another number', () => {
    const broken = {
      ...subject,
      createPidAllocator: (options?: Parameters<typeof hierarchical.createPidAllocator>[0]) => {
        const sound = hierarchical.createPidAllocator(options);
        let births = 0;
        const allocPid: typeof sound.allocPid = (ns, setTid) => {
          if (++births === 100) sound.setLastPid(ns, sound.lastPid(ns) + 1);
          return sound.allocPid(ns, setTid);
        };
        return { ...sound, allocPid };
      },
    };
    expect(() => replayRecording(original, broken)).toThrow(OracleMismatch);
  });
});

describe('a mutant of the pidmap', () => {
  /** What the first recording says that the subject does not follow. */
  function firstDifference(broken: Parameters<typeof replayRecording>[1]): string | undefined {
    for (const recording of recordings) {
      try {
        replayRecording(recording, broken);
      } catch (error) {
        if (!(error instanceof OracleMismatch)) throw error;
        return error.message;
      }
    }
    return undefined;
  }

  it.each(['wrap-to-one', 'cursor-stays', 'bit-stays', 'chosen-moves-cursor'])(
    '%s is told by the first step that differs',
    async (name) => {
      const mutant = mutants.find(({ id }) => id === name);
      if (mutant === undefined) throw new Error('it is gone');
      const broken = { ...(await loadMutant(mutant)), createProcessTable };
      expect(firstDifference(broken)).toMatch(
        /^[a-z-]+-\d+, step \d+, ".+", on hierarchical: .+: the kernel says .+, the table .+/,
      );
    },
  );
});

describe('a recording is refused', () => {
  const file = readFileSync(files[0]);
  const lines = gunzipSync(file).toString().split('\n');
  const refused = (bytes: Uint8Array, message: RegExp) => {
    expect(() => decodeRecording(bytes)).toThrow(RecordingError);
    expect(() => decodeRecording(bytes)).toThrow(message);
  };
  const packed = (text: readonly string[]) => gzipSync(text.join('\n'));

  it('when it is cut off or damaged', () => {
    for (const part of [0, 1, file.length >> 1, file.length - 1]) refused(file.subarray(0, part), /damaged or cut off/);
  });

  it('when it is something else', () => {
    refused(packed(['hello', '']), /does not begin with a line of JSON/);
    refused(packed(['{}', '']), /format is undefined/);
  });

  it('when steps are missing or are none', () => {
    refused(packed([...lines.slice(0, 100), '']), /99 steps, and the header promises/);
    refused(packed([lines[0], 'leap 1 > 0', ...lines.slice(2)]), /step 1, "leap 1 > 0": no such step/);
    refused(packed([lines[0], 'kill 1 > 0', ...lines.slice(2)]), /too few or too many numbers/);
    refused(packed([lines[0], 'setsid 1 > 0 ; 1 eaten', ...lines.slice(2)]), /"1 eaten" is no change/);
  });
});

describe('npm run linux-oracle', () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [join(root, 'bin', 'linux-oracle.js'), ...args], { encoding: 'utf8' });

  it('explains itself', () => {
    const { status, stdout } = run('--help');
    expect(status).toBe(0);
    expect(stdout).toContain('--seed N');
  });

  it.each([
    [['--seed', 'x'], /--seed is x/],
    [['--count', '0'], /--count is 0/],
    [['--profile', 'none'], /there is no profile none/],
    [['--strategy', 'none'], /no design and no file/],
    [['--mutant', 'none'], /there is no mutant none/],
    [['--what'], /--what/],
  ])('refuses %j with exit code 2', (args, message) => {
    const { status, stderr } = run(...args);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });
});

/** What functions rely on their callers for is made sure of in the sources: each of these is called as it must not be. */
import { CLONE_NEWPID, PIDTYPE_PID } from '@pidlab/contract';
import { describe, expect, test, vi } from 'vitest';

vi.mock('../src/words/mode.ts', async (original) => ({ ...(await original<object>()), SHARED: true }));

import { bind } from '../src/border/bind.ts';
import { createState } from '../src/border/create.ts';
import { readOptions } from '../src/border/options.ts';
import { HEADER } from '../src/layout.ts';
import { handleSeen, see } from '../src/memory/handles.ts';
import { locked, NS_LOCK } from '../src/memory/locks.ts';
import { createNs, dropNs, getUser, putUser } from '../src/pids/namespaces.ts';
import { addReference, endPid, putPid, tryLockPid, unlockPid } from '../src/pids/pids.ts';
import { attachPid } from '../src/pids/tasks.ts';
import { CHECKED } from '../src/words/mode.ts';
import { at, design } from './design.ts';

function scene() {
  const s = createState(design, readOptions(design, { memory: 2 ** 21, capacity: 64, shared: true, workers: 2 }));
  const a = bind(s);
  const ns = a.copyPidNs(CLONE_NEWPID, a.initPidNs);
  return { s, a, ns, pid: a.allocPid(ns), other: a.allocPid(ns), task: a.allocTask() };
}

test('checks are on in the sources', () => expect(CHECKED).toBe(true));

describe('under nsLock, and refused without it', () => {
  test.each<[string, (x: ReturnType<typeof scene>) => unknown]>([
    ['createNs', ({ s }) => createNs(s, s.words[HEADER.at.rootNs], 301, 'test', () => {})],
    ['getUser', ({ s, ns }) => getUser(s, at(ns), 'test')],
    ['putUser', ({ s, ns }) => putUser(s, at(ns), 'test')],
    ['dropNs', ({ s, ns }) => dropNs(s, at(ns))],
  ])('%s', (_name, call) => {
    const x = scene();
    const before = x.s.words.slice();
    expect(() => call(x)).toThrow(/is a lock that worker slot 0 relies on and does not hold/);
    expect(x.s.words.every((word, at) => word === before[at])).toBe(true);
    locked(x.s, NS_LOCK, 'test', () => call(x));
  });
});

describe('under the lock of the pid, and refused without it', () => {
  test.each<[string, (x: ReturnType<typeof scene>) => unknown]>([
    ['addReference', ({ s, pid }) => addReference(s, at(pid), 'test')],
    ['putPid', ({ s, pid }) => putPid(s, at(pid))],
    ['endPid', ({ s, pid }) => endPid(s, at(pid))],
    ['attachPid', ({ s, pid, task }) => attachPid(s, at(task), task, PIDTYPE_PID, at(pid))],
  ])('%s', (name, call) => {
    const x = scene();
    x.a.getPid(x.pid);
    expect(() => call(x)).toThrow(/relies on the lock of pid \d+ and has locked slot 0/);
    tryLockPid(x.s, x.other, 'test');
    expect(() => call(x)).toThrow(/relies on the lock of pid \d+ and has locked slot [1-9]\d*/);
    unlockPid(x.s);
    tryLockPid(x.s, x.pid, 'test');
    call(x);
    if (name === 'addReference') unlockPid(x.s);
    expect(x.a.checkInvariants()).toEqual({ violations: [], leaked: [] });
  });
});

test('a handle is made only of the record that was seen last', () => {
  const { s, pid, other } = scene();
  see(s, at(pid));
  expect(handleSeen(s, at(pid))).toBe(pid);
  expect(() => handleSeen(s, at(other))).toThrow(/is asked for, and \d+ was seen last/);
});

/** What is refused because there is no more of it. */
import { CLONE_NEWPID, PidBug } from '@pidlab/contract';
import { expect, test } from 'vitest';
import { bind } from '../src/border/bind.ts';
import { strategyOf, variantOf } from '../src/border/variant.ts';
import { NS, PID_HEAD } from '../src/layout.ts';
import { USERS_LIMIT } from '../src/pids/namespaces.ts';
import { at, design, make } from './design.ts';

test('a pid that has as many references as can be counted gets no more', () => {
  const { s, a } = make();
  const pid = a.allocPid(a.initPidNs);
  const count = at(pid) + PID_HEAD.at.count;
  s.words[count] = 0x7fff_ffff;
  expect(() => a.getPid(pid)).toThrow('getPid: the pid has 2147483647 references, which is the most; put some');
  expect(s.words[count]).toBe(0x7fff_ffff);
});

test('nor does a namespace', () => {
  const { s, a } = make();
  const ns = a.copyPidNs(CLONE_NEWPID, a.initPidNs);
  const users = at(ns) + NS.at.users;
  s.words[users] = USERS_LIMIT;
  expect(() => a.getPidNs(ns)).toThrow(/^getPidNs: the namespace has 1073741824 references, which is the most/);
  expect(s.words[users]).toBe(USERS_LIMIT);
});

test('a build for one thread says so when somebody wants to share', () => {
  const { createPidAllocator, attachPidAllocator } = strategyOf(variantOf(design, bind));
  for (const call of [() => createPidAllocator({ shared: true }), () => attachPidAllocator({} as never)]) {
    expect(call).toThrow(PidBug);
    expect(call).toThrow(/this build is for one thread/);
  }
});

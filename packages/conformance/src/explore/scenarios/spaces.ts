/** Namespaces begin and end while numbers are taken in them, and their records and pages go to others. */
import type { NsRef, PidRef } from '@pidlab/contract';
import {
  alloc,
  call,
  copyNs,
  disable,
  find,
  free,
  getNs,
  made,
  put,
  putNs,
  type Scenario,
  scenario,
  zap,
} from '../scenario.ts';
import { child, usedChild } from './common.ts';

const one = { levels: 1 };
const two = { levels: 2 };
const release = (b: { a: { putPidNs(ns: NsRef): void }; get(name: string): number }, name: string): void =>
  b.a.putPidNs(b.get(name) as NsRef);
/** Only the pid `a` keeps `c`. */
const kept = usedChild((b) => {
  b.pid('a', 'c');
  release(b, 'c');
});
const deep =
  (begin: (b: Parameters<Scenario['begin']>[0]) => void = () => {}): Scenario['begin'] =>
  (b) => {
    b.ns('c');
    b.ns('d', 'c');
    b.warm(0, 1);
    begin(b);
  };
const fresh = (begin: Scenario['begin'] = () => {}): Scenario['begin'] =>
  deep((b) => {
    b.cursor(0, 'c');
    b.cursor(0, 'd');
    begin(b);
  });
/** The namespace that the second call of thread 1 has made. */
const inNew = alloc(made(1, 1));

export const spaces: readonly Scenario[] = [
  scenario('ns-put-alloc', [[alloc('c')], [putNs('c')]], usedChild(), one),
  scenario('ns-put-copy-alloc', [[alloc('c')], [putNs('c'), copyNs('root')]], usedChild(), one),
  scenario('ns-put-copy-alloc-deep', [[alloc('d')], [putNs('d'), copyNs('root')]], deep(), two),
  scenario('ns-put-copy-alloc-tid', [[alloc('c', [1])], [putNs('c'), copyNs('root')]], usedChild(), one),
  scenario(
    'ns-put-copy-page',
    [[alloc('c')], [putNs('c'), copyNs('root')]],
    usedChild((b) => b.cursor(32_767, 'c')),
    one,
  ),
  scenario(
    'ns-put-free',
    [[free('a')], [putNs('c')]],
    usedChild((b) => void b.pid('a', 'c')),
    one,
  ),
  scenario(
    'ns-put-free-free',
    [[free('a')], [free('b')]],
    usedChild((b) => {
      b.pid('a', 'c');
      b.pid('b', 'c');
      release(b, 'c');
    }),
    one,
  ),
  scenario('ns-free-alloc', [[free('a')], [alloc('c')]], kept, one),
  scenario('ns-free-alloc-copy', [[free('a'), copyNs('root')], [alloc('c')]], kept, one),
  scenario('ns-free-get', [[free('a')], [getNs('c')]], kept, one),
  scenario('ns-free-copy', [[free('a')], [copyNs('c')]], kept, two),
  scenario('ns-get-put', [[getNs('c'), putNs('c')], [putNs('c')]], usedChild(), one),
  scenario('ns-copy-copy', [[copyNs('root')], [copyNs('root')]], undefined, one),
  scenario(
    'ns-put-put',
    [[putNs('c')], [putNs('d')]],
    (b) => {
      b.ns('c');
      b.ns('d', 'c');
    },
    two,
  ),
  scenario('ns-put-put-same', [[putNs('c')], [putNs('c')]], (b) => void b.a.getPidNs(b.ns('c')), one),
  scenario('ns-level-put-copy', [[call('nsLevel', 'c')], [putNs('c'), copyNs('root')]], usedChild(), one),
  scenario('ns-parent-put-copy', [[call('nsParent', 'd')], [putNs('d'), copyNs('root')]], deep(), two),
  scenario(
    'ns-find-put-copy-alloc',
    [[find(1, 'c')], [free('a'), copyNs('root')]],
    child((b) => {
      b.pid('a', 'c');
      release(b, 'c');
    }),
    one,
  ),
  scenario(
    'ns-nr-put-copy',
    [[call('pidNrNs', 'a', 'c')], [free('a'), copyNs('root')]],
    usedChild((b) => {
      b.a.getPid(b.pid('a', 'c'));
      release(b, 'c');
    }),
    one,
  ),
  scenario(
    'ns-pidns-put-copy',
    [[call('pidNs', 'a')], [free('a'), copyNs('root')]],
    usedChild((b) => {
      b.a.getPid(b.pid('a', 'c'));
      release(b, 'c');
    }),
    one,
  ),
  scenario(
    'pidns-free-copy',
    [[call('pidNs', 'a')], [putNs('c'), copyNs('root')]],
    usedChild((b) => {
      b.a.getPid(b.pid('a', 'c'));
      b.a.freePid(b.get('a') as PidRef);
    }),
    one,
  ),
  scenario(
    'ns-setlast-put-copy',
    [[call('setLastPid', 'c', 77)], [putNs('c'), copyNs('root')]],
    (b) => void b.ns('c'),
    one,
  ),
  scenario(
    'ns-setmax-put-copy',
    [[call('setPidMax', 'c', 400)], [putNs('c'), copyNs('root')]],
    (b) => void b.ns('c'),
    one,
  ),
  scenario('ns-disable-put-copy', [[disable('c')], [putNs('c'), copyNs('root')]], (b) => void b.ns('c'), one),
  scenario(
    'ns-alloc-alloc-put',
    [[alloc('c')], [alloc('c')], [putNs('c')]],
    (b) => {
      b.ns('c');
      b.warm(0, 1, 2);
    },
    one,
  ),
  scenario(
    'ns-alloc-alloc-put-page',
    [[alloc('c')], [alloc('c')], [putNs('c')]],
    (b) => {
      b.ns('c');
      b.warm(0, 1, 2);
      b.cursor(32_767, 'c');
    },
    one,
  ),
  // Closing one.
  scenario(
    'zap-alloc',
    [[zap('c')], [alloc('c')]],
    child((b) => {
      b.pid('a', 'c');
      b.pid('b', 'c');
    }),
    one,
  ),
  scenario(
    'zap-free',
    [[zap('c')], [free('b')]],
    child((b) => {
      b.pid('a', 'c');
      b.pid('b', 'c');
      b.pid('d', 'c');
    }),
    one,
  ),
  scenario(
    'zap-zap',
    [[zap('c')], [zap('c')]],
    child((b) => {
      b.pid('a', 'c');
      b.pid('b', 'c');
    }),
    one,
  ),
  scenario(
    'zap-put',
    [[zap('c')], [putNs('c')]],
    child((b) => {
      b.pid('a', 'c');
      b.pid('b', 'c');
    }),
    one,
  ),
  // It ends under an allocation, another one gets its record and its pages, and gives numbers out.
  scenario('reuse-alloc-put-copy-alloc', [[alloc('c')], [putNs('c'), copyNs('root'), inNew]], child(), one),
  scenario('reuse-alloc-put-copy-alloc2', [[alloc('c')], [putNs('c'), copyNs('root'), inNew, inNew]], child(), one),
  scenario('reuse-settid-put-copy-alloc', [[alloc('c', [1])], [putNs('c'), copyNs('root'), inNew]], child(), one),
  scenario(
    'reuse-alloc-put-copy-settid',
    [[alloc('c')], [putNs('c'), copyNs('root'), alloc(made(1, 1), [1])]],
    child(),
    one,
  ),
  // An allocation fails, its namespace ends, and another one has the record: the failure does not touch that one's cursor.
  scenario(
    'reuse-taken-free-copy-cursor',
    [[alloc('c', [1])], [free('a'), copyNs('root'), call('setLastPid', made(1, 1), 40)]],
    child((b) => {
      b.pid('a', 'c');
      release(b, 'c');
    }),
    one,
  ),
  scenario(
    'reuse-alloc-free-copy-alloc',
    [[alloc('c')], [free('a'), copyNs('root'), inNew]],
    child((b) => {
      b.cursor(1, 'c');
      b.pid('a', 'c');
      b.cursor(0, 'c');
      release(b, 'c');
    }),
    one,
  ),
  scenario('reuse-deep', [[alloc('d')], [putNs('d'), copyNs('c'), inNew]], fresh(), two),
  scenario('reuse-other-level', [[alloc('d')], [putNs('d'), copyNs('root'), inNew]], fresh(), two),
  scenario(
    'reuse-three',
    [[alloc('c')], [putNs('c')], [copyNs('root'), alloc(made(2, 0))]],
    (b) => {
      b.ns('c');
      b.warm(0, 1, 2);
      b.cursor(0, 'c');
    },
    one,
  ),
  scenario(
    'reuse-page',
    [[alloc('c')], [putNs('c'), copyNs('root'), inNew]],
    child((b) => b.cursor(32_767, 'c')),
    one,
  ),
  scenario(
    'reuse-settid-page',
    [[alloc('c', [40_000])], [putNs('c'), copyNs('root'), inNew]],
    child((b) => {
      b.task('t');
      b.pid('r', 'c');
      b.attach('t', 0, 'r');
    }),
    one,
  ),
  scenario(
    'reuse-find',
    [[find(1, 'c')], [free('a'), copyNs('root'), inNew]],
    child((b) => {
      b.pid('a', 'c');
      release(b, 'c');
    }),
    one,
  ),
  scenario(
    'reuse-nextmap',
    [[call('nextPidmap', 'c', 0)], [free('a'), copyNs('root'), inNew]],
    child((b) => {
      b.pid('a', 'c');
      release(b, 'c');
    }),
    one,
  ),
  scenario('reuse-zap', [[zap('c')], [putNs('c'), copyNs('root'), inNew]], child(), one),
  scenario(
    'reuse-put-dead',
    [[put('a')], [putNs('c'), copyNs('root'), inNew]],
    child((b) => {
      b.a.getPid(b.pid('a', 'c'));
      b.a.freePid(b.get('a') as PidRef);
    }),
    one,
  ),
];

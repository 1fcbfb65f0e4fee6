/**
 * Thread 0 is stopped for good before each of its stores. Then thread 1 acts, and thread 2 declares thread 0 gone; in a nested
 * one thread 1 declares it gone, is stopped for good itself before each of its stores, and thread 2 declares both gone.
 */
import type { NsRef } from '@pidlab/contract';
import {
  alloc,
  attach,
  call,
  copyNs,
  detach,
  disable,
  findGet,
  free,
  freeTask,
  get,
  PGID,
  PID,
  type Planned,
  put,
  putNs,
  type Scenario,
  scenario,
  transfer,
  zap,
} from '../scenario.ts';
import { alike, tasks } from './common.ts';

type Begin = Scenario['begin'];
/** The judge has worker slot 0, and the threads those after it. */
const declare = (thread: number): Planned => call('declareGone', thread + 1);

const child =
  (more: Begin = () => {}): Begin =>
  (b) => {
    b.ns('c');
    b.warm(0, 1, 2);
    more(b);
  };
const office = (more: Begin = () => {}): Begin =>
  child((b) => {
    b.task('t');
    b.task('u');
    b.pid('a', 'c');
    b.pid('b', 'c');
    more(b);
  });

function once(
  name: string,
  victim: readonly Planned[],
  actor: readonly Planned[],
  begin?: Begin,
  more: object = {},
): Scenario {
  return scenario(`gone-${name}`, [victim, actor, [declare(0)]], begin, { ...more, gone: 'once' });
}

function twice(name: string, victim: readonly Planned[], begin?: Begin, more: object = {}): Scenario {
  return scenario(`nested-${name}`, [victim, [declare(0)], [declare(1), declare(0)]], begin, {
    ...more,
    gone: 'twice',
  });
}

const one = { levels: 1 };
/** Windows of two numbers, which threads 0 and 1 have. */
const windows = { options: { pidMax: 302, floors: { root: 296, child: 296 }, window: 2 } };
const windowed: Begin = (b) => {
  b.cursor(295);
  b.warm(0, 1);
};
const a: Begin = (b) => void b.pid('a');
const heldA: Begin = (b) => void b.a.getPid(b.pid('a'));
const onA = tasks((b) => b.attach('t', PGID, 'a'));

export const gone: readonly Scenario[] = [
  once('alloc-alloc', [alloc()], [alloc()]),
  once('alloc-alloc-child', [alloc('c')], [alloc('c')], child(), one),
  once('window-claim', [alloc()], [alloc(), alloc()], (b) => b.cursor(295), windows),
  once('window-wrap', [alloc(), alloc()], [alloc(), alloc()], (b) => b.cursor(300), windows),
  once('window-set', [call('setLastPid', 'root', 297)], [alloc(), alloc()], windowed, windows),
  once('alloc-slot', [alloc('root', ['x'])], [alloc('root', ['y'])], alike()),
  once('free-alloc', [free('a')], [alloc()], a),
  once(
    'free-free-slot',
    [free('a')],
    [free('b')],
    alike((b) => {
      for (const [name, nr] of ['cz', 'ax', 'by']) b.pid(name!, 'root', [b.get(nr!)]);
    }),
  ),
  once(
    'free-free',
    [free('a')],
    [free('b')],
    (b) => {
      b.pid('a');
      b.pid('b');
    },
    { options: { hash: 'kernel' } },
  ),
  once('free-get-put', [free('a')], [get('a'), put('a')], heldA),
  once('free-put', [free('a')], [put('a')], heldA),
  once('free-find-alloc', [free('a')], [findGet(4), alloc()], a),
  once('put-alloc', [free('a'), put('a')], [alloc()], heldA),
  once('get-free', [get('a')], [free('a')], a),
  once('attach-attach', [attach('t', PGID, 'a')], [attach('u', PGID, 'a')], tasks()),
  once(
    'attach-detach',
    [attach('t', PGID, 'a')],
    [detach('u', PGID)],
    tasks((b) => b.attach('u', PGID, 'a')),
  ),
  once('detach-attach', [detach('t', PGID)], [attach('u', PGID, 'a')], onA),
  once(
    'detach-detach',
    [detach('t', PGID)],
    [detach('u', PGID)],
    tasks((b) => {
      b.attach('t', PGID, 'a');
      b.attach('u', PGID, 'a');
    }),
  ),
  once('detach-detach-same', [detach('t', PGID)], [detach('t', PGID)], onA),
  once('transfer-detach', [transfer('t', 'u', PGID)], [detach('t', PGID)], onA),
  once('transfer-transfer', [transfer('t', 'u', PGID)], [transfer('u', 't', PGID)], onA),
  once('freetask-attach', [freeTask('t')], [attach('t', PGID, 'a')], tasks()),
  once('freetask-pidtask', [freeTask('t')], [call('pidTask', 'a', PGID)], onA),
  once('reaper-attach-attach', [attach('t', PID, 'a')], [attach('u', PID, 'b')], office(), one),
  once(
    'reaper-detach-attach',
    [detach('t', PID)],
    [attach('u', PID, 'b')],
    office((b) => b.attach('t', PID, 'a')),
    one,
  ),
  once(
    'reaper-transfer-read',
    [transfer('t', 'u', PID)],
    [call('childReaper', 'c')],
    office((b) => b.attach('t', PID, 'a')),
    one,
  ),
  once('copyns-copyns', [copyNs('root')], [copyNs('root')], undefined, one),
  once('putns-alloc', [putNs('c')], [alloc('c')], child(), one),
  once(
    'putns-putns',
    [putNs('c')],
    [putNs('d')],
    child((b) => void b.ns('d')),
    one,
  ),
  once('alloc-putns', [alloc('c')], [putNs('c')], child(), one),
  once('alloc-putns-copyns', [alloc('c')], [putNs('c'), copyNs('root')], child(), one),
  once(
    'alloc-page-putns-copyns',
    [alloc('c')],
    [putNs('c'), copyNs('root')],
    child((b) => b.cursor(32_767, 'c')),
    one,
  ),
  once(
    'free-last-alloc',
    [free('a')],
    [alloc('c')],
    child((b) => {
      b.pid('a', 'c');
      b.a.putPidNs(b.get('c') as NsRef);
    }),
    one,
  ),
  once(
    'free-last-copyns',
    [free('a')],
    [copyNs('root')],
    child((b) => {
      b.pid('a', 'c');
      b.a.putPidNs(b.get('c') as NsRef);
    }),
    one,
  ),
  once('alloctask-cold', [call('allocTask')], [call('allocTask')], undefined, { isCold: true, isBare: true }),
  once('alloc-cold', [alloc()], [alloc()], undefined, { isCold: true }),
  once('disable-alloc', [disable('c')], [alloc('c')], child(), one),
  once(
    'zap-alloc',
    [zap('c')],
    [alloc('c')],
    child((b) => void b.pid('a', 'c')),
    one,
  ),
  once('detach-worker-alloc', [call('detach')], [alloc()]),
  twice('free', [free('a')], (b) => {
    b.pid('a');
    b.pid('b');
  }),
  twice('free-held', [free('a')], heldA),
  twice('alloc', [alloc()]),
  twice('alloc-child', [alloc('c')], child(), one),
  twice('putns', [putNs('c')], child(), one),
  twice('copyns', [copyNs('root')], undefined, one),
  twice('detach', [detach('t', PGID)], onA),
  twice('transfer', [transfer('t', 'u', PGID)], onA),
  twice('freetask', [freeTask('t')], tasks()),
];

/** Numbers are taken and given back: maps that are full, cursors that come round, pages that are new. */
import {
  alloc,
  call,
  count,
  disable,
  find,
  findGet,
  free,
  get,
  made,
  put,
  type Scenario,
  SMALL,
  scenario,
} from '../scenario.ts';
import { child, full, usedChild } from './common.ts';

const small = { options: SMALL };
const inChild = { levels: 1 };
const smallChild = { options: SMALL, levels: 1 };

export const allocation: readonly Scenario[] = [
  scenario('alloc-alloc-wrap', [[alloc()], [alloc()]], (b) => b.cursor(299), small),
  scenario(
    'alloc-alloc-last',
    [[alloc()], [alloc()]],
    (b) => {
      b.cursor(296);
      for (const name of 'abc') b.pid(name);
    },
    small,
  ),
  scenario(
    'alloc2-alloc-wrap',
    [[alloc(), alloc()], [alloc()]],
    (b) => {
      b.cursor(298);
      b.pid('a');
    },
    small,
  ),
  scenario('alloc-alloc-cold', [[alloc()], [alloc()]], undefined, { isCold: true }),
  scenario('alloc-alloc-child', [[alloc('c')], [alloc('c')]], usedChild(), inChild),
  scenario('alloc-alloc-first', [[alloc('c')], [alloc('c')]], child(), inChild),
  scenario(
    'alloc-alloc-siblings',
    [[alloc('c')], [alloc('d')]],
    (b) => {
      b.ns('c');
      b.ns('d');
      b.warm(0, 1);
    },
    inChild,
  ),
  scenario(
    'alloc-alloc-siblings-last',
    [[alloc('c')], [alloc('d')]],
    (b) => {
      b.ns('c');
      b.ns('d');
      b.warm(0, 1);
      b.cursor(296);
      for (const name of 'abx') b.pid(name);
    },
    smallChild,
  ),
  scenario('alloc-alloc-page', [[alloc()], [alloc()]], (b) => b.cursor(32_767), { options: { pidMax: 70_000 } }),
  scenario(
    'alloc-alloc-page-child',
    [[alloc('c')], [alloc('c')]],
    usedChild((b) => b.cursor(32_767, 'c')),
    inChild,
  ),
  scenario('alloc-free', [[alloc()], [free('a')]], (b) => void b.pid('a')),
  scenario('alloc-free-last', [[alloc()], [free('a')]], full(), small),
  scenario('allocs-free-last', [[alloc(), alloc()], [free('a')]], full(), small),
  scenario(
    'alloc-free-child',
    [[alloc('c')], [free('a')]],
    usedChild((b) => void b.pid('a', 'c')),
    inChild,
  ),
  scenario('free-free', [[free('a')], [free('b')]], (b) => {
    b.pid('a');
    b.pid('b');
  }),
  scenario('free-free-same', [[free('a')], [free('a')]], (b) => void b.pid('a')),
  scenario(
    'free-free-chain',
    [[free('a')], [free('b'), alloc()]],
    (b) => {
      for (const name of 'abxyz') b.pid(name);
    },
    { options: { hash: 'kernel' } },
  ),
  scenario(
    'free-free-child',
    [[free('a')], [free('b')]],
    usedChild((b) => {
      b.pid('a', 'c');
      b.pid('b', 'c');
    }),
    inChild,
  ),
  // One after the other gets what another has just given back.
  scenario('last-alloc-find-free', [[alloc(), find(300)], [free('a')]], full(), small),
  scenario('last-alloc-free-free', [[alloc(), free(made(0, 0)), find(300)], [free('a')]], full(), small),
  scenario('last-find-alloc-free', [[find(300)], [alloc()], [free('a')]], full(), small),
  scenario('last-settid-find-free', [[alloc('root', [300]), find(300)], [free('a')]], full(), small),
  scenario(
    'last-child-alloc-find-free',
    [[alloc('c', [1]), find(1, 'c')], [free('a')]],
    child((b) => void b.pid('a', 'c')),
    inChild,
  ),
  // Where the cursor is in the end.
  scenario('cursor-alloc-alloc', [[alloc()], [alloc()]]),
  scenario(
    'cursor-alloc2-alloc2',
    [
      [alloc(), alloc()],
      [alloc(), alloc()],
    ],
    (b) => b.cursor(298),
    small,
  ),
  scenario('cursor-set-alloc', [[call('setLastPid', 'root', 40)], [alloc(), alloc()]], (b) => b.cursor(10)),
  scenario('cursor-three', [[alloc()], [alloc()], [alloc()]], (b) => b.cursor(298), small),
  scenario('setpidmax-alloc', [[call('setPidMax', 'root', 400), alloc()], [alloc()]], (b) => b.cursor(299), small),
  // Chosen numbers.
  scenario('settid-auto', [[alloc('root', [7])], [alloc()]], (b) => b.cursor(6)),
  scenario('settid-settid', [[alloc('root', [7])], [alloc('root', [7])]]),
  scenario('settid-free', [[alloc('root', [7])], [free('a')]], (b) => {
    b.cursor(6);
    b.pid('a');
  }),
  scenario('settid-first', [[alloc('c', [1])], [alloc('c')]], child(), inChild),
  scenario(
    'settid-child-auto',
    [[alloc('c', [1, 300])], [alloc()]],
    child((b) => b.cursor(299)),
    { options: SMALL, levels: 2 },
  ),
  scenario('settid-page', [[alloc('root', [32_768])], [alloc('root', [32_769])]], undefined, {
    options: { pidMax: 70_000 },
  }),
  // Allocations that fail.
  scenario(
    'fail-begins-anew',
    [[alloc('c')], [alloc('c')]],
    child((b) => {
      b.cursor(296);
      for (const name of 'xyz') b.pid(name);
    }),
    smallChild,
  ),
  scenario(
    'fail-then-first',
    [
      [alloc('c'), alloc('d')],
      [free('x'), alloc('c')],
    ],
    (b) => {
      b.ns('c');
      b.ns('d');
      b.warm(0, 1);
      b.cursor(0, 'c');
      b.cursor(296);
      for (const name of 'xyzv') b.pid(name);
    },
    smallChild,
  ),
  scenario(
    'fail-settid-alloc',
    [[alloc('c', [5, 7])], [alloc('c')]],
    usedChild((b) => {
      b.task('t');
      b.pid('r', 'c');
      b.attach('t', 0, 'r');
      b.cursor(4, 'c');
      b.pid('s', 'root', [7]);
    }),
    { levels: 2 },
  ),
  // What is read while numbers move.
  scenario(
    'nextmap-free-alloc',
    [[call('nextPidmap', 'root', 297)], [free('a'), alloc()]],
    (b) => {
      b.cursor(296);
      for (const name of 'bac') b.pid(name);
    },
    small,
  ),
  scenario(
    'ge-free-alloc',
    [[call('findGePid', 298, 'root')], [free('a'), alloc()]],
    (b) => {
      b.cursor(296);
      for (const name of 'bacd') b.pid(name);
    },
    small,
  ),
  scenario('disable-alloc', [[disable('c')], [alloc('c')]], usedChild(), inChild),
  scenario(
    'disable-alloc-alloc',
    [
      [disable('c'), call('nextPidmap', 'c', 0)],
      [alloc('c'), alloc('c')],
    ],
    usedChild(),
    inChild,
  ),
  scenario('disable-settid', [[disable('c'), call('nextPidmap', 'c', 0)], [alloc('c', [1])]], child(), inChild),
  // References.
  scenario('get-free', [[get('a'), count('a')], [free('a')]], (b) => void b.pid('a')),
  scenario('get-get', [[get('a')], [get('a'), count('a')]], (b) => void b.pid('a')),
  scenario(
    'get-put',
    [
      [get('a'), put('a')],
      [get('a'), put('a')],
    ],
    (b) => void b.pid('a'),
  ),
  scenario(
    'get-put-free',
    [
      [get('a'), put('a')],
      [free('a'), alloc()],
    ],
    (b) => void b.pid('a'),
  ),
  scenario(
    'put-free',
    [
      [put('a'), alloc()],
      [free('a'), alloc()],
    ],
    (b) => void b.a.getPid(b.pid('a')),
  ),
  scenario('put-put', [[put('a')], [put('a')]], (b) => {
    b.a.getPid(b.pid('a'));
    b.a.getPid(b.a.getPid(b.a.findPid(b.a.pidNr(b.get('a') as never))!));
    b.a.freePid(b.get('a') as never);
  }),
  scenario('put-put-free', [[put('a')], [put('a')], [free('a')]], (b) => b.a.getPid(b.a.getPid(b.pid('a')))),
  scenario('get-free-alloc', [[get('a')], [free('a'), alloc()]], full(), small),
  scenario('count-free-alloc', [[count('a')], [free('a'), alloc()]], (b) => void b.pid('a')),
  scenario('nr-free-alloc', [[call('pidNrNs', 'a', 'root')], [free('a'), alloc()]], (b) => void b.pid('a')),
  scenario('nr-put-alloc', [[call('pidNr', 'a')], [put('a'), alloc()]], (b) => {
    b.a.getPid(b.pid('a'));
    b.a.freePid(b.get('a') as never);
  }),
  scenario('findget-free', [[findGet(7)], [free('a')]], (b) => {
    b.cursor(6);
    b.pid('a');
  }),
];

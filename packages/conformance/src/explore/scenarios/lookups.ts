/** Numbers are looked up while the record that they lead to becomes another pid. */
import {
  alloc,
  attach,
  type Beginning,
  call,
  count,
  detach,
  find,
  findGet,
  free,
  freeTask,
  get,
  made,
  PGID,
  PID,
  put,
  type Scenario,
  SMALL,
  scenario,
} from '../scenario.ts';
import { alike, child, full, numbered, tasks, usedChild } from './common.ts';

const small = { options: SMALL };
const known5 = numbered(5);

/** Only small numbers are taken. */
const low = numbered(5);

/** One is beyond 64, which `a` has. */
function lowAndHigh(b: Beginning): void {
  b.cursor(4);
  b.pid('low');
  b.cursor(99);
  b.pid('a');
}

/** Once a call has said that a pid is gone, no other says more of it. */
const dying: readonly Scenario[] = Object.entries({
  nr: call('pidNrNs', 'a', 'root'),
  rootnr: call('pidNr', 'a'),
  count: count('a'),
  pidns: call('pidNs', 'a'),
  init: call('isContainerInit', 'a'),
  get: get('a'),
  task: call('pidTask', 'a', PGID),
  put: put('a'),
  free: free('a'),
}).flatMap(([name, reading]) => [
  scenario(`dying-find-${name}`, [[find(5), reading], [free('a')]], known5),
  scenario(`dying-free-${name}`, [[free('a'), reading], [free('a')]], known5),
  scenario(`dying-count-${name}`, [[count('a'), reading], [free('a')]], known5),
]);

export const lookups: readonly Scenario[] = [
  scenario('find-free-alloc', [[find(7)], [free('a'), alloc()]], numbered(7)),
  scenario('find-free-alloc-same-nr', [[find(300)], [free('a'), alloc()]], full(), small),
  scenario(
    'find2-free-alloc-same-nr',
    [
      [find(300), find(300)],
      [free('a'), alloc()],
    ],
    full(),
    small,
  ),
  scenario(
    'find-child-free-alloc',
    [[find(2, 'c')], [free('a'), alloc('c')]],
    child((b) => {
      b.cursor(1, 'c');
      b.pid('a', 'c');
      b.cursor(1, 'c');
    }),
    { levels: 1 },
  ),
  // The record becomes a pid of another chain while a reader stands on it.
  scenario(
    'find-astray',
    [[find(40)], [free('b'), alloc()]],
    (b) => {
      b.cursor(39);
      b.pid('a');
      for (let i = 0; i < 39; i++) b.pid(`n${i}`);
      b.pid('b');
    },
    { options: { hash: 'kernel', capacity: 96 } },
  ),
  scenario('findget-free-alloc-same-nr', [[findGet(300)], [free('a'), alloc()]], full(), small),
  scenario(
    'findget-put-free-alloc',
    [
      [findGet(300), put(made(0, 0))],
      [free('a'), alloc()],
    ],
    full(),
    small,
  ),
  scenario(
    'findget-detach-alloc',
    [[findGet(300)], [detach('t', PGID), alloc()]],
    full((b) => {
      b.task('t');
      b.attach('t', PGID, 'a');
    }),
    small,
  ),
  // A chosen number makes the same record and the same number come back at once.
  scenario(
    'find2-settid',
    [
      [find(7), find(7)],
      [free('a'), alloc('root', [7])],
    ],
    numbered(7),
  ),
  scenario(
    'ge2-settid',
    [
      [call('findGePid', 7, 'root'), call('findGePid', 7, 'root')],
      [free('a'), alloc('root', [7])],
    ],
    numbered(7),
  ),
  scenario(
    'findget2-settid',
    [
      [findGet(7), findGet(7)],
      [free('a'), alloc('root', [7])],
    ],
    numbered(7),
  ),
  scenario(
    'findtask2-settid',
    [
      [call('findTaskByPidNs', 7, 'root'), call('findTaskByPidNs', 7, 'root')],
      [detach('t', PID), alloc('root', [7]), attach('u', PID, made(1, 1))],
    ],
    (b) => {
      b.task('t');
      b.task('u');
      b.cursor(6);
      b.pid('a');
      b.attach('t', PID, 'a');
    },
  ),
  scenario(
    'findtask-detach-alloc',
    [[call('findTaskByPidNs', 300, 'root')], [detach('t', PID), alloc(), attach('u', PID, made(1, 1))]],
    full((b) => {
      b.task('t');
      b.task('u');
      b.attach('t', PID, 'a');
    }),
    small,
  ),
  scenario(
    'findvpid-free',
    [[call('findVpid', 2, 't')], [free('a')]],
    usedChild((b) => {
      b.task('t');
      b.cursor(0, 'c');
      b.pid('i', 'c');
      b.pid('a', 'c');
      b.attach('t', PID, 'i');
    }),
    { levels: 1 },
  ),
  // The largest number goes or comes, and a map that is as high as it needs to be changes its shape around the others.
  scenario('find-free-largest', [[find(5)], [free('a')]], lowAndHigh),
  scenario('find-free-settid-largest', [[find(5)], [free('a'), alloc('root', [100])]], lowAndHigh),
  scenario('find-settid-largest', [[find(5)], [alloc('root', [100])]], low),
  scenario('ge-free-largest', [[call('findGePid', 4, 'root')], [free('a')]], lowAndHigh),
  // Numbers that share a slot.
  scenario('slot-alloc-alloc', [[alloc('root', ['x'])], [alloc('root', ['y'])]], alike()),
  scenario(
    'slot-alloc-free',
    [[alloc('root', ['x'])], [free('b')]],
    alike((b) => void b.pid('b', 'root', [b.get('y')])),
  ),
  scenario(
    'slot-free-free',
    [[free('a')], [free('b')]],
    alike((b) => {
      for (const [name, nr] of ['cz', 'ax', 'by']) b.pid(name!, 'root', [b.get(nr!)]);
    }),
  ),
  scenario(
    'slot-free-free-alloc',
    [[free('a'), alloc('root', ['v'])], [free('b')]],
    alike((b) => {
      for (const [name, nr] of ['cz', 'ax', 'by']) b.pid(name!, 'root', [b.get(nr!)]);
    }),
  ),
  scenario(
    'slot-find-free-alloc-astray',
    [[find('y')], [free('a'), alloc('root', ['w'])]],
    alike((b) => {
      for (const [name, nr] of ['by', 'ax']) b.pid(name!, 'root', [b.get(nr!)]);
    }),
  ),
  scenario(
    'slot-find-free-alloc-front',
    [[find('y')], [free('a'), alloc('root', ['z'])]],
    alike((b) => {
      for (const [name, nr] of ['by', 'ax']) b.pid(name!, 'root', [b.get(nr!)]);
    }),
  ),
  scenario(
    'slot-find-free-free',
    [[find('z')], [free('a'), free('b')]],
    alike((b) => {
      for (const [name, nr] of ['cz', 'ax', 'by']) b.pid(name!, 'root', [b.get(nr!)]);
    }),
  ),
  scenario(
    'slot-find-swap',
    [
      [find('y'), find('y')],
      [free('b'), alloc('root', ['y'])],
    ],
    alike((b) => {
      for (const [name, nr] of ['by', 'ax']) b.pid(name!, 'root', [b.get(nr!)]);
    }),
  ),
  scenario(
    'slot-get-attach',
    [[get('a')], [attach('t', PGID, 'b')]],
    alike((b) => {
      b.task('t');
      for (const [name, nr] of ['by', 'ax']) b.pid(name!, 'root', [b.get(nr!)]);
    }),
  ),
  scenario(
    'slot-put-detach',
    [[put('a')], [detach('t', PGID)]],
    alike((b) => {
      b.task('t');
      for (const [name, nr] of ['by', 'ax']) b.pid(name!, 'root', [b.get(nr!)]);
      b.a.getPid(b.get('a') as never);
      b.attach('t', PGID, 'b');
    }),
  ),
  ...dying,
  scenario('dying-get-find', [[get('a'), find(5)], [free('a')]], known5),
  scenario('dying-count-find', [[count('a'), find(5)], [free('a')]], known5),
  scenario('dying-nr-alloc', [[alloc('root', [5]), call('pidNrNs', 'a', 'root')], [free('a')]], known5),
  scenario(
    'dying-detach-nr',
    [[call('taskPid', 't', PGID), call('pidNr', 'a')], [detach('t', PGID)]],
    tasks((b) => b.attach('t', PGID, 'a')),
  ),
  scenario('dying-freetask', [[call('taskPid', 't', PGID), call('taskPid', 't', PGID)], [freeTask('t')]], tasks()),
];

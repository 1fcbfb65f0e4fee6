/** Tasks are hung on pids and taken off. */
import {
  alloc,
  attach,
  call,
  count,
  detach,
  free,
  freeTask,
  get,
  made,
  PGID,
  PID,
  type Scenario,
  SID,
  scenario,
  transfer,
} from '../scenario.ts';
import { office, tasks } from './common.ts';

const on = (...pairs: readonly string[]) =>
  tasks((b) => {
    for (const [task, pid] of pairs) b.attach(task!, PGID, pid!);
  });
/** Three tasks, of which those hang on the pid, the last one first in its list. */
const three = (...pairs: readonly string[]) =>
  tasks((b) => {
    b.task('v');
    for (const [task, pid] of pairs) b.attach(task!, PGID, pid!);
  });

export const hanging: readonly Scenario[] = [
  scenario('attach-attach', [[attach('t', PGID, 'a')], [attach('u', PGID, 'a')]], on()),
  scenario('attach-attach-same', [[attach('t', PGID, 'a')], [attach('t', PGID, 'a')]], on()),
  scenario('attach-attach-two-pids', [[attach('t', PGID, 'a')], [attach('t', PGID, 'b')]], on()),
  scenario('attach-attach-types', [[attach('t', PGID, 'a')], [attach('t', SID, 'a')]], on()),
  scenario('attach-detach', [[attach('t', PGID, 'a')], [detach('u', PGID)]], on('ua')),
  scenario('attach-detach-same', [[attach('t', PGID, 'a')], [detach('t', PGID)]], on('ua')),
  scenario('detach-detach', [[detach('t', PGID)], [detach('u', PGID)]], on('ta', 'ua')),
  scenario('detach-detach-middle', [[detach('t', PGID)], [detach('u', PGID)]], three('va', 'ta', 'ua')),
  scenario('detach-detach-same', [[detach('t', PGID)], [detach('t', PGID)]], on('ta', 'ua')),
  scenario(
    'detach-detach-types',
    [[detach('t', PGID)], [detach('t', SID)]],
    tasks((b) => {
      b.attach('t', PGID, 'a');
      b.attach('t', SID, 'a');
    }),
  ),
  scenario('detach-transfer', [[detach('t', PGID)], [transfer('t', 'u', PGID)]], on('ta')),
  scenario('attach-transfer', [[attach('u', PGID, 'b')], [transfer('t', 'u', PGID)]], on('ta')),
  scenario('transfer-transfer', [[transfer('t', 'u', PGID)], [transfer('u', 't', PGID)]], on('ta')),
  scenario('transfer-transfer-same', [[transfer('t', 'u', PGID)], [transfer('t', 'v', PGID)]], three('ta')),
  scenario('attach-free', [[attach('t', PGID, 'a')], [free('a')]], on()),
  scenario('attach-freetask', [[attach('t', PGID, 'a')], [freeTask('t')]], on()),
  scenario('detach-freetask', [[detach('t', PGID)], [freeTask('t')]], on('ta', 'ua')),
  scenario('transfer-freetask', [[transfer('t', 'u', PGID)], [freeTask('u')]], on('ta')),
  scenario('transfer-freetask-old', [[transfer('t', 'u', PGID)], [freeTask('t')]], on('ta')),
  scenario('detach-move', [[detach('t', PGID)], [detach('t', PGID), attach('t', PGID, 'b')]], on('ta', 'ua')),
  // The pid dies with the first detach, and its record is another pid at once.
  scenario(
    'detach-record-reused',
    [[detach('t', PGID)], [detach('t', PGID), alloc(), attach('t', PGID, made(1, 1))]],
    on('ta'),
  ),
  scenario(
    'transfer-record-reused',
    [[transfer('t', 'u', PGID)], [detach('t', PGID), alloc(), attach('t', PGID, made(1, 1))]],
    on('ta'),
  ),
  scenario('attach-detach-dying', [[attach('u', PGID, 'a')], [detach('t', PGID)]], on('ta')),
  scenario('detach-get', [[get('a'), count('a')], [detach('t', PGID)]], on('ta')),
  scenario('detach-free', [[free('a')], [detach('t', PGID)]], on('ta')),
  // freeTask of a task that hangs is refused, and nobody notices.
  scenario('freetask-detach', [[freeTask('t')], [detach('t', PGID)]], on('ta')),
  scenario('freetask-transfer', [[freeTask('t')], [transfer('t', 'u', PGID)]], on('ta')),
  scenario('freetask-pidtask', [[freeTask('t')], [call('pidTask', 'a', PGID)]], on('ta')),
  scenario('freetask-taskpid', [[freeTask('t')], [call('taskPid', 't', PGID)]], on('ta')),
  scenario('freetask-attach-other', [[freeTask('t')], [attach('t', SID, 'b')]], on('ta')),
  scenario('freetask-freetask', [[freeTask('t')], [freeTask('t')]], on()),
  scenario('freetask-freetask-alloc', [[freeTask('t')], [freeTask('t'), call('allocTask')]], (b) => void b.task('t')),
  scenario(
    'freetask-attach-reused',
    [[freeTask('t'), call('allocTask'), attach(made(0, 1), PGID, 'b')], [attach('t', PGID, 'a')]],
    on(),
  ),
  scenario('task-task-cold', [[call('allocTask')], [call('allocTask')]], undefined, { isCold: true, isBare: true }),
  // What is read meanwhile.
  scenario('pidtask-transfer', [[call('pidTask', 'a', PGID)], [transfer('t', 'u', PGID)]], on('ta')),
  scenario(
    'pidtask-detach-attach',
    [
      [call('pidTask', 'a', PGID), call('pidTask', 'a', PGID)],
      [detach('t', PGID), attach('t', PGID, 'a')],
    ],
    on('ua', 'ta'),
  ),
  scenario('nexttask-detach', [[call('nextPidTask', 't', PGID)], [detach('u', PGID), freeTask('u')]], on('ua', 'ta')),
  scenario(
    'nexttask-move',
    [[call('nextPidTask', 't', PGID)], [detach('t', PGID), attach('t', PGID, 'b')]],
    three('ua', 'ta', 'vb'),
  ),
  scenario(
    'walk-detach',
    [
      [call('pidTask', 'a', PGID), call('nextPidTask', 't', PGID)],
      [detach('u', PGID), freeTask('u')],
    ],
    three('va', 'ua', 'ta'),
  ),
  scenario('taskpid-detach-alloc', [[call('taskPid', 't', PGID)], [detach('t', PGID), alloc()]], on('ta')),
  scenario('gettaskpid-detach-alloc', [[call('getTaskPid', 't', PGID)], [detach('t', PGID), alloc()]], on('ta')),
  scenario('tasknr-move', [[call('taskPgrpNrNs', 't', 'root')], [detach('t', PGID), attach('t', PGID, 'b')]], on('ta')),
  scenario(
    'tasknr-pid-reused',
    [[call('taskPgrpNrNs', 't', 'root')], [detach('t', PGID), alloc(), attach('t', PGID, made(1, 1))]],
    on('ta'),
  ),
  scenario(
    'activens-move',
    [[call('taskActivePidNs', 't')], [detach('t', PID), attach('t', PID, 'b')]],
    (b) => {
      b.ns('c');
      b.task('t');
      b.warm(0, 1);
      b.pid('a');
      b.pid('b', 'c');
      b.attach('t', PID, 'a');
    },
    { levels: 1 },
  ),
  scenario(
    'activens-pid-reused',
    [[call('taskActivePidNs', 't')], [detach('t', PID), alloc('c'), attach('t', PID, made(1, 1))]],
    (b) => {
      b.ns('c');
      b.ns('d');
      b.task('t');
      b.warm(0, 1);
      b.pid('a', 'd');
      b.attach('t', PID, 'a');
    },
    { levels: 1 },
  ),
  scenario(
    'pidvnr-move',
    [[call('pidVnr', 'b', 't')], [detach('t', PID), attach('t', PID, 'b')]],
    (b) => {
      b.ns('c');
      b.task('t');
      b.warm(0, 1);
      b.pid('a');
      b.pid('b', 'c');
      b.attach('t', PID, 'a');
    },
    { levels: 1 },
  ),
  // A record is freed, and becomes the same thing once more while somebody looks at it.
  scenario(
    'pidtask-task-reborn',
    [
      [call('pidTask', 'a', PGID), call('pidTask', 'a', PGID)],
      [detach('t', PGID), freeTask('t'), call('allocTask'), attach(made(1, 2), PGID, 'a')],
    ],
    on('ua', 'ta'),
  ),
  scenario(
    'pidtask-task-reborn-twice',
    [
      [call('pidTask', 'a', PGID)],
      [
        ...[detach('t', PGID), freeTask('t'), call('allocTask'), freeTask(made(1, 2)), call('allocTask')],
        attach(made(1, 4), PGID, 'a'),
      ],
    ],
    on('ua', 'ta'),
  ),
  scenario(
    'nexttask-task-reborn',
    [
      [call('nextPidTask', 't', PGID)],
      [detach('u', PGID), freeTask('u'), call('allocTask'), attach(made(1, 2), PGID, 'a')],
    ],
    on('ua', 'ta'),
  ),
  scenario(
    'taskpid-pid-reborn',
    [[call('taskPid', 't', PGID)], [detach('t', PGID), alloc(), attach('t', PGID, made(1, 1))]],
    on('ta'),
  ),
  scenario(
    'gettaskpid-pid-reborn',
    [[call('getTaskPid', 't', PGID)], [detach('t', PGID), alloc(), attach('t', PGID, made(1, 1))]],
    on('ta'),
  ),
  scenario(
    'transfer-task-reborn',
    [[transfer('t', 'u', PGID)], [freeTask('u'), call('allocTask'), attach(made(1, 1), PGID, 'b')]],
    on('ta'),
  ),
  // The office of reaper.
  ...reapers(),
];

function reapers(): Scenario[] {
  const held = office((b) => b.attach('t', PID, 'a'));
  const one = { levels: 1 };
  return [
    scenario('reaper-attach-attach', [[attach('t', PID, 'a')], [attach('u', PID, 'b')]], office(), one),
    scenario(
      'reaper-attach-detach',
      [[attach('t', PID, 'a')], [detach('u', PID)]],
      office((b) => b.attach('u', PID, 'b')),
      one,
    ),
    scenario('reaper-attach-disable', [[attach('t', PID, 'a')], [call('disablePidAllocation', 'c')]], office(), one),
    scenario(
      'reaper-attach-zap',
      [[attach('t', PID, 'a')], [call('zapPidNsProcesses', 'c')]],
      (b) => {
        b.ns('c');
        b.warm(0, 1);
        b.task('t');
        b.cursor(0, 'c');
        b.pid('a', 'c');
      },
      one,
    ),
    scenario(
      'reaper-transfer-attach',
      [[transfer('t', 'u', PID)], [attach('v', PID, 'b')]],
      office((b) => {
        b.task('v');
        b.attach('t', PID, 'a');
      }),
      one,
    ),
    scenario('reaper-detach-transfer', [[detach('t', PID)], [transfer('t', 'u', PID)]], held, one),
    scenario('reaper-detach-detach-attach', [[detach('t', PID)], [attach('u', PID, 'b'), detach('u', PID)]], held, one),
    scenario(
      'reaper-three',
      [[attach('t', PID, 'a')], [attach('u', PID, 'b')], [detach('v', PID)]],
      office((b) => {
        b.task('v');
        b.pid('d', 'c');
        b.attach('v', PID, 'd');
      }),
      one,
    ),
    scenario('reaper-read-detach', [[call('childReaper', 'c')], [detach('t', PID), freeTask('t')]], held, one),
    scenario(
      'reaper-task-reborn',
      [
        [call('childReaper', 'c'), call('childReaper', 'c')],
        [detach('t', PID), freeTask('t'), call('allocTask'), attach(made(1, 2), PID, 'b')],
      ],
      held,
      one,
    ),
    scenario(
      'reaper2-move',
      [
        [call('childReaper', 'c'), call('childReaper', 'c')],
        [detach('t', PID), attach('u', PID, 'b')],
      ],
      held,
      one,
    ),
    scenario(
      'reaper-attach-attach-detach',
      [[attach('t', PID, 'a'), detach('t', PID)], [attach('u', PID, 'b')]],
      office(),
      one,
    ),
    scenario(
      'reaper-attach-attach-read',
      [
        [attach('t', PID, 'a'), call('childReaper', 'c')],
        [attach('u', PID, 'b'), call('childReaper', 'c')],
      ],
      office(),
      one,
    ),
  ];
}

import { describe, expect, it } from 'vitest';
import type { TraceEvent } from '../src/traces/trace.ts';

// Plain JavaScript, so that it runs where only Node is.
const folder = new URL('../traces/record/', import.meta.url);
const { readLog } = await import(new URL('log.js', folder).href);
const { inOrder, reapUnwaited } = await import(new URL('order.js', folder).href);

/** Converts a log that goes on from number 1, which has the number 101 outside. */
function convert(lines: string[], pidMax = 1_024): TraceEvent[] {
  const start = ['100 unshare(CLONE_NEWPID) = 0', '100 clone(flags=SIGCHLD) = 101'];
  const { events } = inOrder({ pidMax, floor: 300 }, readLog([...start, ...lines].join('\n')));
  expect(events[0]).toEqual({ kind: 'fork', parent: 0, child: 1 });
  return reapUnwaited(events).slice(1);
}

const is = (nr: number, outer: number) => `${nr} /* ${outer} in strace's PID NS */`;
const fork = (parent: number, child: number): TraceEvent => ({ kind: 'fork', parent, child });
const exit = (task: number): TraceEvent => ({ kind: 'exit', task });

describe('the converter', () => {
  it('puts a birth before what the child did, though vfork() returns later', () => {
    const events = convert([
      '101 vfork( <unfinished ...>',
      '102 execve("/bin/true", [...], 0x7f /* 9 vars */) = 0',
      '102 +++ exited with 0 +++',
      `101 <... vfork resumed>) = ${is(2, 102)}`,
      '101 wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = 2',
    ]);
    expect(events).toEqual([
      fork(1, 2),
      { kind: 'exec', task: 2, former: 2 },
      exit(2),
      { kind: 'wait', parent: 1, child: 2 },
    ]);
  });

  it('puts births in the order of their numbers, over a wrap too', () => {
    const clone = (parent: number, nr: number, outer: number) => `${parent} <... clone resumed>) = ${is(nr, outer)}`;
    const two = ['101 clone(flags=SIGCHLD <unfinished ...>', '102 clone(flags=SIGCHLD <unfinished ...>'];
    const births = (first: number, second: number) =>
      convert(
        [`101 clone(flags=SIGCHLD) = ${is(398, 102)}`, ...two, clone(102, first, 103), clone(101, second, 104)],
        400,
      )
        .filter(({ kind }) => kind === 'fork')
        .map((event) => 'child' in event && event.child);
    expect(births(399, 300)).toEqual([398, 399, 300]);
    expect(births(300, 399)).toEqual([398, 399, 300]);
  });

  it('refuses an order that cannot have been', () => {
    const log = [`101 clone(flags=SIGCHLD) = ${is(3, 103)}`, `101 clone(flags=SIGCHLD) = ${is(2, 102)}`];
    expect(() => convert(log)).toThrow(/2 is given before its clone\(\) began/);
  });

  it('tells two lives of one number outside apart', () => {
    const events = convert([
      `101 clone(flags=SIGCHLD) = ${is(2, 102)}`,
      '102 +++ killed by SIGTERM +++',
      '101 wait4(2, NULL, 0, NULL) = 2',
      `101 clone(flags=SIGCHLD) = ${is(3, 102)}`,
      '102 setsid() = 3',
    ]);
    expect(events).toEqual([
      fork(1, 2),
      exit(2),
      { kind: 'wait', parent: 1, child: 2 },
      fork(1, 3),
      { kind: 'setsid', task: 3 },
    ]);
  });

  it('reads threads, and the exec of one that is not the leader', () => {
    const events = convert([
      `101 clone3({flags=CLONE_VM|CLONE_THREAD}, 88) = ${is(2, 102)}`,
      '102 execve("/bin/true", [...], 0x7f /* 9 vars */ <unfinished ...>',
      '101 +++ superseded by execve in pid 102 +++',
      '101 <... execve resumed>) = 0',
    ]);
    expect(events).toEqual([
      { kind: 'thread', parent: 1, child: 2 },
      { kind: 'exec', task: 1, former: 2 },
    ]);
  });

  it('reads groups, and waits that reap and those that do not', () => {
    const events = convert([
      `101 clone(flags=SIGCHLD) = ${is(2, 102)}`,
      `101 setpgid(${is(2, 102)}, 0) = 0`,
      '102 setpgid(0, 1) = 0',
      '102 setpgid(0, 9) = -1 EPERM (Operation not permitted)',
      '101 wait4(-1, [{WIFSTOPPED(s) && WSTOPSIG(s) == SIGTSTP}], WSTOPPED, NULL) = 2',
      '102 +++ exited with 0 +++',
      '101 waitid(P_ALL, 0, {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=2}, WNOWAIT|WEXITED, NULL) = 0',
      '101 waitid(P_ALL, 0, {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=2}, WEXITED, NULL) = 0',
    ]);
    expect(events.slice(1)).toEqual([
      { kind: 'setpgid', task: 2, group: 2 },
      { kind: 'setpgid', task: 2, group: 1 },
      exit(2),
      { kind: 'wait', parent: 1, child: 2 },
    ]);
  });

  it('reaps at its exit whom nobody waits for', () => {
    const events = convert([`101 clone(flags=SIGCHLD) = ${is(2, 102)}`, '102 +++ exited with 0 +++']);
    expect(events).toEqual([fork(1, 2), exit(2), { kind: 'reap', child: 2 }]);
  });

  it('refuses a namespace in the namespace, and a number that the log never says', () => {
    expect(() => convert([`101 clone(flags=CLONE_NEWPID|SIGCHLD) = ${is(2, 102)}`])).toThrow(/cannot be told apart/);
    expect(() => convert(['102 setsid() = 2'])).toThrow(/never says the number of 102/);
    expect(() => convert(['101 clone(flags=SIGCHLD) = 2'])).toThrow(/whose number outside is not known/);
  });
});

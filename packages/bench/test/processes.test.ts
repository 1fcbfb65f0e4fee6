import { createPidAllocator } from '@pidlab/core-hierarchical';
import { createProcessTable, type Process, WNOHANG } from '@pidlab/process-table';
import { describe, expect, it } from 'vitest';
import { MapProcesses } from '../src/baselines/processes.ts';
import { indices } from '../src/random.ts';

type Plain = MapProcesses['init'];
type Twin = readonly [plain: Plain, other: Process<undefined>];

const OPTIONS = { capacity: 1_000, pidMax: 600 };

/** What came of it: a value, or that it was refused. */
function outcome<T>(act: () => T): T | 'refused' {
  try {
    return act();
  } catch {
    return 'refused';
  }
}

describe('the plain table keeps the same books as the process table', () => {
  it.each([1, 2, 3, 4])('random steps, seed %i: same numbers, same refusals, same states', (seed) => {
    const plain = new MapProcesses(OPTIONS);
    // With guests kept apart a container's init has a session of its own from the start; the plain table knows no guests.
    const table = createProcessTable({
      allocator: createPidAllocator(OPTIONS),
      initPayload: undefined,
      isolation: 'linux',
    });
    let all: Twin[] = [[plain.init, table.init]];
    const random = indices(seed, 10_000, 1_000);
    const done = { born: 0, reaped: 0, moved: 0 };
    const same = <T>(one: () => T, other: () => unknown): T | 'refused' => {
      const found = outcome(one);
      expect(found).toBe(outcome(other));
      return found;
    };
    for (let i = 0; i < random.length; i += 4) {
      const [what, who, x, y] = random.subarray(i, i + 4);
      const live = all.filter(([{ state }]) => state === 'running');
      const [p, q] = live[who % live.length];
      const nr = plain.getpid(all[x % all.length][0]);
      if (what < 300 && live.length < 40) {
        const newPid = what < 30;
        all.push([plain.clone(p, { newPid }), table.clone(q, { newPid })]);
        done.born++;
      } else if (what < 550 && p !== plain.init) {
        plain.exit(p, x);
        table.exit(q, x);
      } else if (what < 850) {
        for (const [father, other] of live)
          for (const { pid } of [...father.children]) {
            const number = pid.numbers[father.pid.ns.level];
            const status = same(
              () => plain.wait4(father, number)?.status,
              () => (table.wait4(other, number, WNOHANG) as { status: number } | undefined)?.status,
            );
            if (typeof status === 'number') done.reaped++;
          }
        same(
          () => plain.wait4(p, nr)?.status,
          () => (table.wait4(q, nr, WNOHANG) as { status: number } | undefined)?.status,
        );
      } else if (what < 950) {
        const whom = y % 2 === 0 ? 0 : nr;
        const pgid = y % 3 === 0 ? 0 : plain.getpid(all[y % all.length][0]);
        if (
          same(
            () => plain.setpgid(p, whom, pgid),
            () => table.setpgid(q, whom, pgid),
          ) === undefined
        )
          done.moved++;
      } else
        same(
          () => plain.setsid(p),
          () => table.setsid(q),
        );
      for (const [a, b] of all) if (a.state !== b.state) expect(a.state, `step ${i / 4}`).toBe(b.state);
      all = all.filter(([{ state }]) => state !== 'dead');
      const numbers = all.map(([{ pid }]) => pid.numbers[0]);
      expect(numbers).toEqual(all.map(([, { pid }]) => table.allocator.pidNr(pid)));
    }
    for (const times of Object.values(done)) expect(times).toBeGreaterThan(20);
    expect(table.checkInvariants()).toEqual([]);
  });
});

describe('the plain table', () => {
  it('gives numbers in a cycle, around one that is still a group’s', () => {
    const table = new MapProcesses(OPTIONS);
    const leader = table.fork(table.init);
    expect(table.setsid(leader)).toBe(2);
    const member = table.fork(leader);
    table.setpgid(leader, 3, 0);
    table.exit(table.fork(member), 0);
    table.exit(member, 1);
    expect(table.wait4(leader, 3)).toMatchObject({ pid: 3, status: 256 });
    // The zombie of 4 is a child of the init now, and still in group 3.
    const seen = Array.from({ length: 1_000 }, () => {
      const child = table.fork(table.init);
      table.exit(child, 0);
      return table.wait4(table.init, table.getpid(child))?.pid;
    });
    expect(seen.slice(0, 3)).toEqual([5, 6, 7]);
    expect(seen.slice(594, 597)).toEqual([599, 300, 301]);
    expect(table.wait4(table.init, -1)?.pid).toBe(4);
    expect(leader.pid.ns.pids.has(3)).toBe(false);
  });

  it('refuses a birth when all numbers are taken, and takes none inside', () => {
    const table = new MapProcesses({ ...OPTIONS, pidMax: 301 });
    const box = table.clone(table.init, { newPid: true });
    for (let nr = 3; nr < 301; nr++) table.fork(table.init);
    for (const parent of [table.init, box]) expect(() => table.fork(parent)).toThrow('EAGAIN');
    expect([...box.pid.ns.pids.keys()]).toEqual([1]);
  });

  it('waits for the child that ended first, and gives orphans to the init', () => {
    const table = new MapProcesses(OPTIONS);
    const parent = table.fork(table.init);
    const [a, b] = [table.fork(parent), table.fork(parent)];
    table.exit(b, 2);
    table.exit(a, 1);
    expect(table.wait4(parent, -1)).toMatchObject({ process: b });
    table.exit(parent, 3);
    expect(table.wait4(table.init, -1)).toMatchObject({ process: a });
    expect(table.wait4(table.init, -1)).toMatchObject({ process: parent });
    expect(() => table.wait4(table.init, -1)).toThrow('ECHILD');
    expect(() => table.exit(parent, 0)).toThrow('the caller is dead');
  });
});

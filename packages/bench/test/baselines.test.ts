import { CLONE_NEWPID, PIDTYPE_PGID, PIDTYPE_PID, RESERVED_PIDS } from '@pidlab/contract';
import { describe, expect, it } from 'vitest';
import { BASELINES } from '../src/baselines/index.ts';
import { indices } from '../src/random.ts';
import { loadSubject } from '../src/subjects.ts';

const PID_MAX = 400;

describe.each(Object.keys(BASELINES))('%s', (id) => {
  const make = async (capacity = 1_000) => {
    const subject = await loadSubject({ id, kind: id === 'floor' ? 'floor' : 'baseline' });
    const workload = subject.create({ capacity, pidMax: PID_MAX });
    return { subject, workload, root: workload.initPidNs };
  };

  it('gives each live pid a number of its own, finds it by that, and nobody else', async () => {
    const { workload: w, root } = await make();
    const live = new Map<number, unknown>();
    const picks = indices(1, 5_000, 1_000);
    for (const pick of picks) {
      if (live.size > 0 && (pick % 2 === 0 || live.size > 90)) {
        const [nr, pid] = [...live][pick % live.size];
        w.freePid(pid);
        live.delete(nr);
        expect(w.findPidNs(nr, root)).toBeUndefined();
      } else {
        const pid = w.allocPid(root);
        const nr = w.pidNrNs(pid, root);
        expect(nr).toBeGreaterThan(0);
        expect(live.has(nr)).toBe(false);
        live.set(nr, pid);
      }
    }
    for (const [nr, pid] of live) {
      expect(w.findPidNs(nr, root)).toBe(pid);
      expect(w.pidNrNs(pid, root)).toBe(nr);
    }
  });

  it('starts with 1, 2, 3', async () => {
    const { workload: w, root } = await make();
    expect([1, 2, 3].map(() => w.pidNrNs(w.allocPid(root), root))).toEqual([1, 2, 3]);
  });

  it('keeps a number at every level of a chain of namespaces', async () => {
    const { subject, workload: w, root } = await make();
    if (subject.maxLevel === 0) return expect(() => w.copyPidNs(CLONE_NEWPID, root)).toThrow(/no namespaces/);
    for (let i = 0; i < 5; i++) w.allocPid(root);
    const child = w.copyPidNs(CLONE_NEWPID, root);
    const grandchild = w.copyPidNs(CLONE_NEWPID, child);
    const pid = w.allocPid(grandchild);
    expect([root, child, grandchild].map((ns) => w.pidNrNs(pid, ns))).toEqual([6, 1, 1]);
    for (const ns of [root, child, grandchild]) expect(w.findPidNs(w.pidNrNs(pid, ns), ns)).toBe(pid);
    w.freePid(pid);
    for (const ns of [root, child, grandchild]) expect(w.findPidNs(1, ns) === pid).toBe(false);
    w.putPidNs(grandchild);
    w.putPidNs(child);
  });

  it('frees a pid with its last task, of whichever type', async () => {
    const { workload: w, root } = await make();
    const pid = w.allocPid(root);
    const nr = w.pidNrNs(pid, root);
    const [a, b, c] = [w.allocTask(), w.allocTask(), w.allocTask()];
    w.attachPid(a, PIDTYPE_PID, pid);
    w.attachPid(a, PIDTYPE_PGID, pid);
    w.attachPid(b, PIDTYPE_PGID, pid);
    w.attachPid(c, PIDTYPE_PGID, pid);
    w.detachPid(a, PIDTYPE_PID);
    w.detachPid(b, PIDTYPE_PGID);
    w.detachPid(a, PIDTYPE_PGID);
    expect(w.findPidNs(nr, root)).toBe(pid);
    w.detachPid(c, PIDTYPE_PGID);
    expect(w.findPidNs(nr, root)).toBeUndefined();
    for (const task of [a, b, c]) w.freeTask(task);
  });

  it('lists all pids of a namespace', async () => {
    const { subject, workload: w, root } = await make();
    expect(subject.list(w, root)).toBe(0);
    const pids = Array.from({ length: 100 }, () => w.allocPid(root));
    for (let i = 0; i < 100; i += 3) w.freePid(pids[i]);
    expect(subject.list(w, root)).toBe(66);
  });
});

describe.each(['map', 'gvisor', 'one-space', 'before-2002', 'floor'])('%s does the same work as a strategy', (id) => {
  it('gives numbers in a cycle, from the floor after the wrap, around what is taken', async () => {
    const subject = await loadSubject({ id, kind: id === 'floor' ? 'floor' : 'baseline' });
    const w = subject.create({ capacity: 1_000, pidMax: PID_MAX });
    const root = w.initPidNs;
    const take = () => {
      const pid = w.allocPid(root);
      return { pid, nr: w.pidNrNs(pid, root) };
    };
    for (let nr = 1; nr < RESERVED_PIDS; nr++) w.freePid(take().pid);
    const kept = take();
    expect(kept.nr).toBe(RESERVED_PIDS);
    const seen: number[] = [];
    for (let i = 0; i < 2 * (PID_MAX - RESERVED_PIDS - 1); i++) {
      const { pid, nr } = take();
      seen.push(nr);
      w.freePid(pid);
    }
    const cycle = Array.from({ length: PID_MAX - RESERVED_PIDS - 1 }, (_, i) => RESERVED_PIDS + 1 + i);
    expect(seen).toEqual([...cycle, ...cycle]);
  });
});

describe('what a baseline lacks', () => {
  it('is said of those that do not give numbers in a cycle', async () => {
    for (const [id, load] of Object.entries(BASELINES)) {
      const { lacks } = await load();
      expect(lacks.churn !== undefined).toBe(id === 'number-allocator' || id === 'idgen');
      expect(lacks['*'] !== undefined).toBe(id === 'floor' || id === 'one-space');
    }
  });
});

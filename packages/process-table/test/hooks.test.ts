import { expect } from 'vitest';
import { type Process, type ProcessTable, SIGCHLD, SIGKILL, SIGTERM, SIGUSR1, WNOHANG } from '../src/index.ts';
import { each } from './worlds.ts';

let table: ProcessTable<string>;
const seen: string[] = [];

each(
  'a hook may call the table: what it causes is told after it',
  ({ t, init }) => {
    table = t;
    seen.length = 0;
    const p = t.fork(init, 'p');
    t.sigaction(p, SIGTERM, 'handle');
    t.sigaction(p, SIGUSR1, 'handle');
    t.kill(init, 2, SIGTERM);
    expect(p.state).toBe('dead');
    expect(seen).toEqual(['p got 15', 'told p to end', 'p ended']);
  },
  {
    deliver(process, { signal }) {
      seen.push(`${process.payload} got ${signal}`);
      table.kill(table.init, 2, SIGUSR1);
      table.exitGroup(process, 1);
      seen.push('told p to end');
    },
    exited(process) {
      seen.push(`${process.payload} ended`);
    },
    childChanged(parent) {
      table.wait4(parent, -1, WNOHANG);
    },
  },
);

const angry = (process: Process<string>): never => {
  seen.push(process.payload);
  throw new Error(process.payload);
};

each(
  'what a hook throws reaches the caller when everybody has been told',
  ({ t, init, box }) => {
    seen.length = 0;
    const p = t.fork(init, 'p');
    expect(() => t.exit(p, 0)).toThrow(new Error('p'));
    expect(p.state).toBe('zombie');
    const inner = box('inner');
    t.fork(inner, 'a');
    t.fork(inner, 'b');
    seen.length = 0;
    let error: unknown;
    try {
      t.kill(init, t.allocator.pidNr(inner.pid), SIGKILL);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(AggregateError);
    expect((error as AggregateError).errors.map(({ message }) => message)).toEqual(['a', 'b', 'inner']);
    expect([seen, t.size, inner.state]).toEqual([['a', 'b', 'inner'], 3, 'zombie']);
  },
  { exited: angry },
);

each(
  'a permission hook that throws ends the call before anything happens',
  ({ t, init }) => {
    const [p, q] = [t.fork(init, 'p'), t.fork(init, 'q')];
    t.fork(init, 'r');
    expect(() => t.kill(p, -1, SIGKILL)).toThrow('no idea');
    expect([q.state, t.size]).toEqual(['running', 4]);
    expect(t.checkInvariants()).toEqual([]);
  },
  {
    mayKill(_sender, target) {
      if (target.payload === 'r') throw new Error('no idea');
      return true;
    },
  },
);

each(
  'a table without hooks',
  ({ t, init }) => {
    const p = t.fork(init);
    t.sigaction(init, SIGCHLD, 'handle');
    t.kill(init, 2, SIGKILL);
    expect(p.state).toBe('zombie');
  },
  { deliver: undefined, exited: undefined, childChanged: undefined } as never,
);

/** The order in which children are found that have ended: the oldest first, whatever has come and gone meanwhile. */
import * as hierarchical from '@pidlab/core-hierarchical';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createProcessTable, type ProcessTable } from '../src/index.ts';
import type { Task } from '../src/task.ts';
import type { P } from './worlds.ts';

function createFamily(): { readonly t: ProcessTable<string>; readonly init: Task<string> } {
  const allocator = hierarchical.createPidAllocator({ capacity: 1_024 });
  const t = createProcessTable<string>({ allocator, initPayload: '' });
  return { t, init: t.init as Task<string> };
}

/** By names: to compare processes is to compare all that they lead to. */
function namesOf(processes: readonly P[]): string[] {
  return processes.map(({ payload }) => payload);
}

function waitForAny(t: ProcessTable<string>): string {
  const waited = t.wait4(t.init, -1);
  return typeof waited === 'object' ? waited.process.payload : 'nobody';
}

/** Ends some of the children, and says whom `wait4` finds then, one after the other. */
function endAndReap(t: ProcessTable<string>, children: readonly P[]): string[] {
  for (const child of children) t.exit(child, 0);
  const found: string[] = [];
  while (t.init.children.some(({ state }) => state === 'zombie')) found.push(waitForAny(t));
  return found;
}

/** What happens next, and to which of those to whom it can happen: somebody is born, ends, or is reaped by number. */
const steps = fc.array(fc.tuple(fc.constantFrom('fork', 'fork', 'exit', 'reap', 'any'), fc.nat()), {
  minLength: 200,
  maxLength: 400,
  size: 'max',
});

test('whatever comes and goes, wait finds the oldest', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const { t, init } = createFamily();
      let children: P[] = [];
      for (const [i, [step, choice]] of all.entries()) {
        const pick = (from: readonly P[]): P | undefined => from[choice % from.length];
        const zombies = children.filter(({ state }) => state === 'zombie');
        if (step === 'fork') children.push(t.fork(init, `${i}`));
        if (step === 'exit') {
          const child = pick(children.filter(({ state }) => state === 'running'));
          if (child !== undefined) t.exit(child, 0);
        }
        if (step === 'reap' && zombies.length > 0) t.wait4(init, t.allocator.pidNr(pick(zombies)!.pid));
        if (step === 'any' && zombies.length > 0) expect(waitForAny(t)).toBe(zombies[0].payload);
        children = children.filter(({ state }) => state !== 'dead');
        expect(namesOf(init.children)).toEqual(namesOf(children));
      }
      expect(t.checkInvariants()).toEqual([]);
      const ended = children.filter(({ state }) => state === 'zombie');
      expect(endAndReap(t, [])).toEqual(namesOf(ended));
    }),
    { numRuns: 30, seed: 20_071_019 },
  );
});

test('numbers of those who are gone are used again, whoever has ended meanwhile', () => {
  const { t, init } = createFamily();
  const [first, second] = [t.fork(init, 'first'), t.fork(init, 'second')];
  for (const child of [first, second]) t.exit(child, 0);
  for (let i = 0; i < 300; i++) {
    const [a, b] = [t.fork(init), t.fork(init)];
    for (const child of [b, a]) t.exit(child, 0);
    for (const child of [a, b]) t.wait4(init, t.allocator.pidNr(child.pid));
  }
  expect(init.brood!.nextNr).toBeLessThan(50);
  expect(endAndReap(t, [])).toEqual(['first', 'second']);
});

test.for([0, 1, 2, 3])('the largest number is followed by the smallest, with %i who have ended', (count) => {
  const { t, init } = createFamily();
  const children = Array.from('abcd', (name) => t.fork(init, name));
  for (const child of children.slice(0, count)) t.exit(child, 0);
  init.brood!.nextNr = 2 ** 30;
  const last = t.fork(init, 'last');
  expect(init.brood!.nextNr).toBe(5);
  expect(t.checkInvariants()).toEqual([]);
  expect(endAndReap(t, [last, children[3]])).toEqual([...'abc'.slice(0, count), 'd', 'last']);
});

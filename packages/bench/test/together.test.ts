import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Job } from '../src/job.ts';
import { type Outcome, runTogether, takeTurns } from '../src/process.ts';
import { layoutOf } from '../src/random.ts';
import type { SubjectSpec } from '../src/subjects.ts';

const folder = mkdtempSync(join(tmpdir(), 'pid-bench-together-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const TRAITS = `export const traits = { strategy: 'own', maxLevel: 1 };`;

/** A design whose allocator is made by this body. */
function design(id: string, body: string): SubjectSpec {
  const module = join(folder, `${id}.mjs`);
  writeFileSync(module, `${TRAITS}\nexport function createPidAllocator() { ${body} }\n`);
  return { id, kind: 'strategy', module };
}

const FLAT: SubjectSpec = { id: 'flat', kind: 'strategy' };
// Three samples there are always, however busy the machine is.
const EFFORT = { measureMs: 24, samples: 3, warmupMs: 3, warmupWindows: 3 };

function together(subjects: readonly SubjectSpec[], limitMs = 60_000): Promise<Outcome[]> {
  const jobs = subjects.map(
    (subject): Job => ({
      subject,
      scenario: 'churn',
      params: { order: 'random', level: 0, live: 100 },
      round: 0,
      seed: 3,
      layout: layoutOf(3, subject.id),
      effort: EFFORT,
    }),
  );
  return runTogether(jobs, limitMs);
}

describe('turns', () => {
  it('are taken one after the other, in orders that differ, as long as somebody wants one', async () => {
    const orders = new Set<string>();
    let at: number[] = [];
    let working = 0;
    const members = [2, 3, 1, 3].map((wants, me) => ({
      async take(): Promise<boolean> {
        expect(++working).toBe(1);
        await Promise.resolve();
        working--;
        at.push(me);
        return --wants > 0;
      },
    }));
    let turns = 0;
    for (let more = true; more; turns++) {
      at = [];
      more = await takeTurns(members, turns);
      expect([...at].sort()).toEqual([0, 1, 2, 3]);
      orders.add(at.join());
    }
    expect(turns).toBe(3);
    for (let seed = 3; seed < 20; seed++) {
      at = [];
      await takeTurns(members, seed);
      orders.add(at.join());
    }
    expect(orders.size).toBeGreaterThan(3);
  });
});

describe('processes that take turns', () => {
  it('are all measured, and share the time that it took', async () => {
    const outcomes = await together([FLAT, { id: 'map', kind: 'baseline' }, { id: 'floor', kind: 'floor' }]);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ measurement: { ops: 500 }, tookMs: outcomes[0].tookMs });
      if ('measurement' in outcome) expect(outcome.measurement.samples).toBeGreaterThanOrEqual(EFFORT.samples);
    }
  });

  it('go on when one of them fails, ends, has no memory or never gets ready', async () => {
    const subjects = [
      FLAT,
      design('throws', `throw new Error('it broke');`),
      design('ends', 'process.exit(7);'),
      design('full', `throw Object.assign(new Error('no page is left'), { code: 'ENOMEM' });`),
      // Not by going round in circles: that would take the processor from the others.
      design('hangs', 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);'),
    ];
    let seconds = 5;
    let outcomes = await together(subjects, seconds * 1_000);
    // On a machine that is so busy that others are stopped, too.
    if (outcomes.some((outcome, i) => i < 4 && 'cut' in outcome && outcome.cut.startsWith('stopped'))) {
      seconds = 60;
      outcomes = await together(subjects, seconds * 1_000);
    }
    const [flat, throws, ends, full, hangs] = outcomes;
    expect(flat).toHaveProperty('measurement');
    expect(throws).toMatchObject({ failed: expect.stringMatching(/it broke.*\n.*throws\.mjs/) });
    expect(ends).toMatchObject({ failed: expect.stringMatching(/the process ended \(7\) without an answer/) });
    expect(full).toMatchObject({ cut: 'Error: no page is left' });
    expect(hangs).toMatchObject({ cut: `stopped after ${seconds} s` });
  });

  it('say so when a program does not start', async () => {
    const [native] = await together([{ id: 'native C', kind: 'native', program: join(folder, 'nowhere') }]);
    expect(native).toMatchObject({ failed: expect.stringMatching(/it did not start: .*ENOENT/) });
  });
});

import { readFileSync } from 'node:fs';
import type { Strategy } from '@pidlab/contract';
import { describe, expect, it } from 'vitest';
import { type Difference, differencesOf, transcriptsOf } from '../src/behaviour.ts';
import { STRATEGIES } from '../src/builtins.ts';

const CLAUSES = ['ALLOC-1', 'ALLOC-3', 'FREE-13', 'ALLOC-22'];
const strategies = new Map(
  await Promise.all(
    Object.entries(STRATEGIES).map(async ([name, load]) => [name, (await load()) as Strategy] as const),
  ),
);
const differences = differencesOf(
  new Map([...strategies].map(([name, strategy]) => [name, transcriptsOf(strategy, CLAUSES)])),
);
const of = (clause: string): Difference | undefined =>
  differences.find((each) => each.clause === clause && each.scope === 'root');

describe('where designs behave differently', () => {
  it('is said for clauses that all keep: what is refused, and which number it is', () => {
    expect(of('ALLOC-3')?.does).toEqual({
      hierarchical: 'copyPidNs → done',
      flat: 'copyPidNs → ENOSPC',
      pidspace: 'copyPidNs → ENOSPC',
      idr: 'copyPidNs → done',
    });
    expect(of('FREE-13')?.does).toMatchObject({ hierarchical: 'pidNr → 1', pidspace: 'pidNr → 4194305' });
    expect(of('ALLOC-22')?.does).toMatchObject({ flat: 'allocPid → ENOMEM', idr: 'allocPid → EAGAIN' });
  });

  it('is said with the place where the clause is written', () => {
    const [file, line] = of('ALLOC-3')?.file?.split('#L') ?? [];
    const text = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8').split('\n');
    expect(text[Number(line) - 1]).toContain("clause(3, 'a new pid is found in its namespace and in every ancestor'");
  });

  it('is not said where they do the same: handles differ always, and are not compared', () => {
    expect(of('ALLOC-1')).toBeUndefined();
  });

  it('is said of those that ran the clause: a design without levels does so in the root alone', () => {
    const [flat, hierarchical] = ['flat', 'hierarchical'].map((name) =>
      transcriptsOf(strategies.get(name) as Strategy, CLAUSES),
    );
    const shallow = hierarchical.filter(({ scope }) => scope === 'root');
    const found = differencesOf(new Map(Object.entries({ flat, hierarchical, shallow })));
    expect(found.map(({ clause, scope, does }) => [clause, scope, Object.keys(does)])).toEqual([
      ['ALLOC-3', 'root', ['flat', 'hierarchical', 'shallow']],
      ['ALLOC-3', 'child', ['flat', 'hierarchical']],
    ]);
  });

  it.each([...strategies])('%s does the same as itself', (_, strategy) => {
    const once = () => transcriptsOf(strategy, CLAUSES);
    expect(once().some(({ calls }) => calls.length > 3)).toBe(true);
    expect(differencesOf(new Map([...'ab'].map((name) => [name, once()])))).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { setAside } from '../src/aside.ts';
import { type Cell, least, type Row } from '../src/cells.ts';
import { Docket } from '../src/docket.ts';
import { summarize } from '../src/results.ts';
import { scenarioOf } from '../src/scenarios/index.ts';

/** A row whose rounds have these hand-overs, in ns; where there is none, none was measured. */
function rowOf(...handOvers: (number | undefined)[]): Row {
  return rowNamed('flat', ...handOvers);
}

function rowNamed(id: string, ...handOvers: (number | undefined)[]): Row {
  const row: Row = {
    subject: { id, kind: 'strategy', lacks: {} },
    measurements: new Map(),
    aside: new Map(),
    isUnusual: false,
    status: 'ok',
    tookMs: 1,
  };
  for (const handOverNs of handOvers) addTo(row, handOverNs);
  return row;
}

/** Another round. */
function addTo({ measurements, aside }: Row, handOverNs: number | undefined, median = 100): void {
  measurements.set(measurements.size + aside.size, {
    ...{ median, p99: 110, samples: 3, ops: 500, steady: true, gcShare: 0 },
    ...(handOverNs === undefined ? {} : { handOverNs }),
  });
}

function cellOf(...rows: Row[]): Cell {
  return { scenario: scenarioOf('workers-throughput'), params: { namespaces: 'same', workers: 2 }, exact: false, rows };
}

/** The question how that row stands to the fastest. */
function questionId({ subject }: Row): string {
  return `workers-throughput {"namespaces":"same","workers":2} ${subject.id} vsFastest`;
}

/** The rounds of each row that count, and those that do not. */
function sorted(...rows: Row[]): number[][][] {
  setAside([cellOf(...rows)]);
  return rows.map(({ measurements, aside }) => [[...measurements.keys()], [...aside.keys()]]);
}

describe('what is set aside', () => {
  it.each([
    ['nothing, where all are alike', [50, 52, 49], [[0, 1, 2], []]],
    ['one that is far', [217, 50, 51], [[1, 2], [0]]],
    ['one that is far, among more', [50, 51, 217, 49], [[0, 1, 3], [2]]],
    ['one that is nearer than the others', [217, 50, 221], [[0, 2], [1]]],
    ['the far one of two', [217, 50], [[1], [0]]],
    [
      'the far two of four',
      [217, 50, 49, 220],
      [
        [1, 2],
        [0, 3],
      ],
    ],
    ['nothing up to twice as much', [100, 50, 50], [[0, 1, 2], []]],
    ['nothing down to half', [60, 30, 60], [[0, 1, 2], []]],
    ['more than twice as much', [101, 50, 50], [[1, 2], [0]]],
    ['less than half', [60, 29, 60], [[0, 2], [1]]],
    ['nothing that has no gauge', [undefined, 50, 217, undefined, 50], [[0, 1, 3, 4], [2]]],
    ['nothing where nobody has one', [undefined, undefined], [[0, 1], []]],
  ])('is %s', (_, handOvers, expected) => {
    expect(sorted(rowOf(...handOvers))).toEqual([expected]);
  });

  it('follows what is the rule in the whole run', () => {
    expect(sorted(rowOf(50, 217), rowOf(217, 217), rowOf(217, 217))).toEqual([
      [[1], [0]],
      [[1], [0]],
      [[1], [0]],
    ]);
    // Another cell can make it the rule as well.
    const [row, others] = [rowOf(217, 50, 217), rowOf(50, 50)];
    setAside([cellOf(row), cellOf(others)]);
    expect([...row.measurements.keys()]).toEqual([1]);
  });

  it('is a round as a whole: of all cells that were measured side by side, and of no others', () => {
    const [two, one, other] = [rowOf(217, 50, 50), rowOf(undefined, undefined, undefined), rowOf(50, 50, 50)];
    const cells = [cellOf(two), cellOf(one), cellOf(other)];
    Object.assign(cells[1], { params: { namespaces: 'same', workers: 1 } });
    Object.assign(cells[2], { params: { namespaces: 'own', workers: 2 } });
    setAside(cells);
    expect([two, one, other].map(({ aside }) => [...aside.keys()])).toEqual([[0], [0], []]);
  });

  it('is never all of a row, which then says so', () => {
    const [far, near] = [rowOf(217, 220), rowOf(undefined, undefined, 50)];
    expect(sorted(far, near, rowOf(undefined, undefined, 50, 50, 51))).toEqual([
      [[0, 1], []],
      [[2], [0, 1]],
      [
        [2, 3, 4],
        [0, 1],
      ],
    ]);
    expect([far.isUnusual, near.isUnusual]).toEqual([true, false]);
    addTo(far, 50);
    setAside([cellOf(far, near)]);
    expect([[...far.measurements.keys()], far.isUnusual]).toEqual([[2], false]);
  });

  it('is the same however often it is asked', () => {
    const row = rowOf(50, 217, 51);
    const first = sorted(row);
    expect(sorted(row)).toEqual(first);
    expect(row.aside.get(1)?.handOverNs).toBe(217);
  });

  it('counts again, in its place, when the rule has changed', () => {
    const row = rowOf(217, 50, 50);
    expect(sorted(row)).toEqual([[[1, 2], [0]]]);
    for (let i = 0; i < 3; i++) addTo(row, 217);
    expect(sorted(row)).toEqual([
      [
        [0, 3, 4, 5],
        [1, 2],
      ],
    ]);
    expect([...row.measurements.values()].map(({ handOverNs }) => handOverNs)).toEqual([217, 217, 217, 217]);
  });
});

describe('questions', () => {
  it('set aside what does not count before they are looked at', () => {
    const [one, other] = [rowNamed('flat', 217, 50), rowNamed('pidspace', 217, 50)];
    const open = new Docket([cellOf(one, other)], [2, 3]).look();
    expect([one, other].map(({ aside }) => [...aside.keys()])).toEqual([[0], [0]]);
    // One round is left, and the first look wants two.
    expect(open.map(({ strategy }) => strategy)).toEqual(['pidspace']);
  });

  it('that are decided keep whom they were decided against, though another is the least now', () => {
    const rows = ['hierarchical', 'flat', 'pidspace'].map((id) => rowNamed(id));
    const add = (handOverNs: number, ...medians: number[]): void => {
      for (const [at, row] of rows.entries()) addTo(row, handOverNs, medians[at] * (1 + row.measurements.size / 1_000));
    };
    const cells = [cellOf(...rows)];
    const docket = new Docket(cells, [2, 4]);
    for (let round = 0; round < 2; round++) add(217, 100, 50, 60);
    expect(docket.look()).toEqual([]);
    for (let round = 0; round < 3; round++) add(50, 100, 50, 30);
    const { results } = summarize(cells, docket, docket.close('out of time'));
    expect(results.map(({ rounds, aside }) => [rounds.length, aside?.length])).toEqual(rows.map(() => [3, 2]));
    expect(results.map(({ vsFastest: of }) => [of?.against, of?.verdict, of?.stop])).toEqual([
      ['flat', 'slower', 'decided'],
      ['pidspace', 'slower', 'decided'],
      [undefined, undefined, undefined],
    ]);
    expect(results[0].vsFastest?.value).toBeCloseTo(2);
  });

  it('are not looked at while all that a row has is unusual', () => {
    const [far, near] = [rowNamed('flat', 217, 217), rowNamed('pidspace', 217, 217)];
    for (const [at, row] of [far, near].entries())
      for (const measurement of row.measurements.values()) Object.assign(measurement, { median: 100 + 100 * at });
    const elsewhere = { ...cellOf(rowNamed('flat', 50, 50, 50, 50, 50)), params: { namespaces: 'own', workers: 2 } };
    const docket = new Docket([cellOf(far, near), elsewhere], [2, 3]);
    expect(docket.look().map(({ strategy }) => strategy)).toEqual(['pidspace']);
    for (const median of [100, 101]) {
      addTo(far, 50, median);
      addTo(near, 50, median);
    }
    // Two other rounds, and the first look decides.
    expect(docket.look()).toEqual([]);
    expect(docket.close('out of time').get(questionId(near))?.verdict).toBe('at the limit');
  });

  it('are looked at once for each look that they have rounds for', () => {
    const [one, other] = [rowNamed('flat', 50, 50, 50), rowNamed('pidspace', 50, 50, 50)];
    for (const [round, measurement] of other.measurements) Object.assign(measurement, { median: 80 + 80 * round });
    const docket = new Docket([cellOf(one, other)], [2, 3]);
    expect(docket.look()).toEqual([]);
    expect(docket.close('out of time').get(questionId(other))?.stop).toBe('no look left');
  });

  it('compare with the least by the first rounds that count', () => {
    const [one, other] = [rowOf(), rowOf()];
    for (const [handOverNs, mine, its] of [
      [217, 300, 310],
      [217, 300, 310],
      [50, 90, 80],
      [50, 90, 80],
      [50, 10, 80],
    ]) {
      addTo(one, handOverNs, mine);
      addTo(other, handOverNs, its);
    }
    setAside([cellOf(one, other)]);
    expect(least([one, other], 2)).toBe(other);
  });
});

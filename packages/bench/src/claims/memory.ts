import { figure, times } from '../format.ts';
import { type Claim, counted, undecided } from './rule.ts';
import { cell } from './view.ts';

const SHARES = [0, 10, 50, 100] as const;

export const E6: Claim = {
  id: 'E6',
  claim:
    'The flat model spends five integers and two pointers on every process, wasted where most live in one namespace.',
  source: {
    who: 'Sukadev Bhattiprolu',
    where: 'a reply to “[FLAT 1/6] Changes in data structures for flat model”',
    when: '2007-06',
  },
  measured:
    'Bytes in use for each of 32,000 processes, a pid and a task that hangs on it, with 0, 10, 50 and 100 % of them in a container; exact.',
  rule: 'Holds if a process takes more bytes in flat than in hierarchical even when nobody lives in a container; in part if only when somebody does.',
  wouldChange: 'A task that keeps the pairs of numbers only when its pid is in a container.',
  judge(view) {
    const bytes = (id: string, percent: number): number | undefined => view.count('share', id, { percent }, 'bytes');
    const extra = SHARES.map(
      (percent) => (bytes('flat', percent) ?? Number.NaN) - (bytes('hierarchical', percent) ?? Number.NaN),
    );
    if (extra.some(Number.isNaN)) return undecided('the bytes were not counted');
    const task = (id: string): string => cell(view.count('share', id, { percent: 0 }, 'task'));
    return {
      verdict: extra[0] > 0 ? 'holds' : extra.some((each) => each > 0) ? 'holds in part' : 'does not hold',
      answer: `With nobody in a container a process takes ${cell(bytes('flat', 0))} bytes in flat and ${cell(bytes('hierarchical', 0))} in hierarchical, ${figure(extra[0])} more; ${extra.every((each) => each === extra[0]) ? 'the share of contained processes changes nothing' : `with all in one it is ${figure(extra[3])}`}. They are in the task (${task('flat')} bytes against ${task('hierarchical')}), not in the pid.`,
      figures: [
        {
          caption: 'Bytes for each process, by how many live in a container',
          head: ['in a container', ...view.strategies],
          align: `r${'r'.repeat(view.strategies.length)}`,
          rows: SHARES.map((percent) => [`${percent} %`, ...view.strategies.map((id) => cell(bytes(id, percent)))]),
        },
      ],
      evidence: [counted('share')],
    };
  },
};

const WORTH = 1.5;

export const E7: Claim = {
  id: 'E7',
  claim: 'Pids that carry more numbers should come from caches of their own size.',
  source: {
    who: 'Pavel Emelyanov',
    where: '“[PATCH 3/3] Dynamic kmem cache allocator for pid namespaces”',
    when: '2007-07',
  },
  measured:
    'Bytes of the record of a pid at levels 0 to 8, from the cache for its level; against one cache for all, as large as a pid of level 8, or of the deepest level that the design has; exact.',
  rule: `Holds if one cache for levels 0 to 8 would take at least ${WORTH}× the bytes for a pid of the root in hierarchical; in part if only one for all ${figure(32)} levels would.`,
  wouldChange:
    'Records that fit into the same cache lines anyway: up to level 2 hierarchical’s do, up to level 3 idr’s, and flat and pidspace have one size.',
  judge(view) {
    const of = (id: string, level: number, value: string): number | undefined =>
      view.count('caches', id, { level }, value);
    const [own, inUse, largest] = ['own', 'inUse', 'largest'].map((value) => of('hierarchical', 0, value));
    if (own === undefined || inUse === undefined || largest === undefined)
      return undecided('the caches were not looked at');
    const levels = view.tallies('caches', 'hierarchical').map(({ params }) => Number(params.level));
    const same = levels.filter((level) => of('hierarchical', level, 'own') === own).length;
    return {
      verdict: inUse >= WORTH * own ? 'holds' : largest >= WORTH * own ? 'holds in part' : 'does not hold',
      answer: `A pid of the root takes ${own} bytes from its own cache; from one for 8 levels it would take ${inUse} (${times(inUse / own)}), from one for all levels ${largest} (${times(largest / own)}). But the first ${same} levels fill the same cache line, so there the caches of their own save nothing.`,
      figures: [
        {
          caption: 'Bytes of a pid’s record, by level',
          head: ['level', ...view.strategies],
          align: `r${'r'.repeat(view.strategies.length)}`,
          rows: [
            ...levels.map((level) => [String(level), ...view.strategies.map((id) => cell(of(id, level, 'own')))]),
            ['one cache for all of these', ...view.strategies.map((id) => cell(of(id, 0, 'inUse')))],
            ['one cache for every level', ...view.strategies.map((id) => cell(of(id, 0, 'largest')))],
          ],
        },
      ],
      evidence: [counted('caches'), { scenario: 'memory', params: { by: 'stats', level: 0, live: 1_000_000 } }],
    };
  },
};

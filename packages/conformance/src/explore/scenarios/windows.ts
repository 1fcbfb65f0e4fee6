/**
 * Workers draw from windows of two or four numbers: they claim them at once, come to their ends, and lose them to whoever moves the
 * cursor.
 */
import { alloc, call, copyNs, disable, free, made, type Planned, putNs, type Scenario, scenario } from '../scenario.ts';

type Begin = Scenario['begin'];

/** Windows [296, 300), [300, 304), [304, 308) and [308, 309); all but the last two threads' are the beginning's to claim. */
const FOURS = { pidMax: 309, floors: { root: 296, child: 296 }, window: 4 };
/** Windows [296, 298), [298, 300) and [300, 301): two numbers on is the end. */
const TWOS = { ...FOURS, pidMax: 301, window: 2 };
const setLast = (nr: number, ns = 'root'): Planned => call('setLastPid', ns, nr);
const setMax = (nr: number, ns = 'root'): Planned => call('setPidMax', ns, nr);
const lastPid = (ns = 'root'): Planned => call('lastPid', ns);

/** Before the first window, which nobody has. */
const first: Begin = (b) => b.cursor(295);

/** The first threads have a window each, whose first number they have given back. */
const claimed =
  (threads: readonly number[], more: Begin = () => {}): Begin =>
  (b) => {
    b.cursor(295);
    b.warm(...threads);
    more(b);
  };

/** The same in a namespace `c`, which has no pid. */
const child =
  (more: Begin = () => {}): Begin =>
  (b) => {
    b.ns('c');
    b.warm(0, 1);
    b.cursor(295, 'c');
    b.warm(0, 1);
    more(b);
  };

/** All numbers of the one window are taken. */
const full: Begin = (b) => {
  b.cursor(295);
  for (const name of 'abde') b.pid(name);
};

const fours = { options: FOURS };
const twos = { options: TWOS };
const one = { options: { ...FOURS, pidMax: 300 } };
const inChild = { options: FOURS, levels: 1 };

export const windows: readonly Scenario[] = [
  // Claiming.
  scenario('window-claim-claim', [[alloc(), alloc()], [alloc()]], first, fours),
  scenario(
    'window-claim-claim2',
    [
      [alloc(), alloc()],
      [alloc(), alloc()],
    ],
    first,
    twos,
  ),
  scenario('window-claim-three', [[alloc()], [alloc()], [alloc()]], first, fours),
  scenario(
    'window-draw-claim',
    [
      [alloc(), alloc()],
      [alloc(), alloc()],
    ],
    claimed([0]),
    fours,
  ),
  scenario(
    'window-draw-draw',
    [
      [alloc(), alloc()],
      [alloc(), alloc()],
    ],
    claimed([0, 1]),
    fours,
  ),
  scenario(
    'window-below-the-floor',
    [
      [alloc(), alloc()],
      [alloc(), alloc()],
    ],
    (b) => b.cursor(293),
    fours,
  ),
  scenario('window-settid', [[alloc('root', [298])], [alloc(), alloc()]], claimed([1]), fours),
  scenario(
    'window-free',
    [
      [free('a'), alloc()],
      [alloc(), alloc()],
    ],
    claimed([0, 1], (b) => void b.pid('a')),
    fours,
  ),
  // The cursor is set.
  scenario('window-set-draw', [[setLast(302)], [alloc(), alloc()]], claimed([1]), fours),
  scenario('window-set-claim', [[setLast(302)], [alloc(), alloc()]], first, fours),
  scenario('window-set-same', [[setLast(295)], [alloc(), alloc()]], first, fours),
  scenario('window-set-draw-draw', [[setLast(302)], [alloc()], [alloc()]], claimed([1, 2]), fours),
  scenario(
    'window-set-alloc-draw',
    [
      [setLast(302), alloc()],
      [alloc(), alloc()],
    ],
    claimed([0, 1]),
    fours,
  ),
  scenario('window-set-set', [[setLast(302)], [setLast(297), alloc(), alloc()]], claimed([1]), fours),
  scenario('window-set-last', [[setLast(302)], [lastPid(), alloc(), lastPid()]], claimed([1]), fours),
  // The end of the namespace's numbers is another.
  scenario('window-max-draw', [[setMax(298)], [alloc(), alloc()]], claimed([1]), fours),
  scenario('window-max-claim', [[setMax(298)], [alloc(), alloc(), alloc()]], first, fours),
  scenario('window-max-up', [[setMax(309)], [alloc(), alloc()]], claimed([1]), one),
  scenario(
    'window-max-alloc',
    [
      [setMax(298), alloc()],
      [alloc(), alloc()],
    ],
    claimed([0, 1]),
    fours,
  ),
  // The cursor comes round.
  scenario('window-wrap', [[alloc(), alloc(), alloc()], [alloc()]], claimed([0, 1]), twos),
  scenario(
    'window-wrap-draw',
    [
      [alloc(), alloc()],
      [alloc(), alloc()],
    ],
    claimed([0, 1], (b) => void b.pid('a')),
    twos,
  ),
  scenario(
    'window-wrap-wrap',
    [
      [alloc(), alloc()],
      [alloc(), alloc()],
    ],
    (b) => {
      b.cursor(299);
      b.pid('a');
    },
    twos,
  ),
  scenario('window-wrap-set', [[setLast(297)], [alloc(), alloc()]], (b) => b.cursor(300), twos),
  scenario(
    'window-wrap-last',
    [
      [lastPid(), lastPid()],
      [alloc(), alloc(), alloc()],
    ],
    claimed([1], (b) => void b.pid('a')),
    twos,
  ),
  // All numbers are taken but those in somebody's window.
  scenario('window-full-free', [[alloc()], [free('b'), alloc()]], full, one),
  scenario(
    'window-full-free-free',
    [
      [free('d'), alloc()],
      [free('b'), alloc()],
    ],
    full,
    one,
  ),
  scenario(
    'window-other-has-the-last',
    [
      [alloc(), alloc()],
      [alloc(), alloc()],
    ],
    claimed([0]),
    one,
  ),
  // Namespaces come and go.
  scenario('window-child', [[alloc('c')], [alloc('c')]], child(), inChild),
  scenario(
    'window-child-first',
    [[alloc('c')], [alloc('c')]],
    child((b) => b.cursor(0, 'c')),
    inChild,
  ),
  scenario(
    'window-disable',
    [
      [disable('c'), call('nextPidmap', 'c', 0)],
      [alloc('c'), alloc('c')],
    ],
    child(),
    inChild,
  ),
  scenario('window-put-copy', [[alloc('c')], [putNs('c'), copyNs('root'), alloc(made(1, 1))]], child(), inChild),
  scenario(
    'window-set-put-copy',
    [[setLast(302, 'c')], [putNs('c'), copyNs('root'), alloc(made(1, 1)), alloc(made(1, 1))]],
    child(),
    inChild,
  ),
  scenario(
    'window-fail-anew',
    [[alloc('c')], [alloc('c')]],
    child((b) => {
      b.cursor(295);
      for (const name of 'xyzv') b.pid(name);
    }),
    { options: { ...FOURS, pidMax: 300 }, levels: 1 },
  ),
];

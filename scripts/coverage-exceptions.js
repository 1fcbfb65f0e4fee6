// What nothing runs, and why.

/**
 * @typedef {object} Exception
 * @property {string} file The end of the source's path.
 * @property {string} text What stands in the line, or in one of the `lines` above.
 * @property {number} [lines] How many lines it is about; 1 unless it says more.
 * @property {string} why
 * @property {boolean} [byLuck] Whether some runs may need it and others not.
 */

const NO_SHARING = 'only where there is no SharedArrayBuffer, as in a page without COOP and COEP';
/** `pid-conformance explore` reaches each of these, in executions that it makes itself; what it runs is not counted. */
const BETWEEN =
  'only when another worker comes between two accesses of one call: threads do so by luck, the explorer always';
/** @param {string} file @param {string} text @param {number} [lines] @returns {Exception} */
const between = (file, text, lines = 1) => ({ file: `core/src/${file}`, text, lines, why: BETWEEN, byLuck: true });
const ALWAYS_ONE = 'there is the root at least, so the list is never empty; the type does not say so';

/** @type {readonly Exception[]} */
export const EXCEPTIONS = [
  { file: 'core/src/border/create.ts', text: "typeof SharedArrayBuffer !== 'undefined'", lines: 2, why: NO_SHARING },
  { file: 'core/src/border/buffers.ts', text: "typeof SharedArrayBuffer === 'undefined'", why: NO_SHARING },
  between('border/again.ts', 'freedMeanwhile'),
  between('border/again.ts', 'putPid(s, lockPid(s, pid, op))'),
  between('border/pids.ts', "locked(s, NS_LOCK, 'allocPid', () => {});"),
  between('pids/tasks.ts', 'freedMeanwhile'),
  between('pids/tasks.ts', 'is stale: another worker freed it meanwhile'),
  between('pids/tasks.ts', 'compareExchange(w, nsAt + REAPER, taskAt, 0);'),
  between('pids/zap.ts', 'if (SHARED && handleOf(w, nsAt) !== ns) return true;'),
  between('pids/numbers.ts', 'seen = found;'),
  between('pids/numbers.ts', 'fitsId(id, nsAt, ns)) return true;', 3),
  between('border/again.ts', 'fitsId(load(s.words, at), at, handle)) return pid;'),
  between('border/find.ts', "stillIn(s, nsAt, viewerAt, viewer, 'findVpid')"),
  between('border/tasks.ts', "stillIn(s, nsAt, viewerAt, viewer, 'findTaskByVpid')"),
  between('border/translate.ts', "stillIn(s, nsAt, viewerAt, viewer, 'pidVnr')"),
  between('pids/tasks.ts', 'if (load(w, link + PID) === pidAt) return nextAt;'),
  between('pids/zap.ts', 'if (handleOf(w, nsAt) === ns) w[nsAt + REAPER] = 0;'),
  between('pids/windows.ts', 'compareExchange(w, nsAt + LAST_PID, last, end - 1) !== last'),
  between('pids/namespaces.ts', 'if (load(s.words, taking) !== nsAt) return;'),
  between('pids/namespaces.ts', '} catch (error) {', 4),
  between('pids/namespaces.ts', "const patience = new Patience(s, 'putPidNs');", 2),
  {
    file: 'core/src/pids/serials.ts',
    text: 'if (found === 0) throw noSerials(op);',
    why: 'it would take four billion that somebody remembers',
  },
  { file: 'core/src/pids/serials.ts', text: 'places[0] ?? ALL', why: ALWAYS_ONE },
  {
    file: 'core-idr/src/map/radix-tree.ts',
    text: 'the node may just have been unlinked',
    lines: 4,
    why: BETWEEN,
    byLuck: true,
  },
  {
    file: 'core-idr/src/invariants.ts',
    text: 'if (!right) return say(',
    why: 'the walk over slots comes first, and says of such a number that nothing leads to it',
  },
];

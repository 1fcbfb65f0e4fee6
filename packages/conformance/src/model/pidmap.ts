/** The numbers of one namespace (semantics: the pidmap). */
import { BITS_PER_PAGE, type NsRef, PID_MAX_LIMIT, PIDMAP_ENTRIES, PidError } from '@pidlab/contract';
import { checkNumber, LARGEST_NR, nsOf } from './checks.ts';
import { takePidmapPage } from './memory.ts';
import type { NsRecord, State, Window } from './state.ts';
import { giveNodes, needNodes } from './tree.ts';

/** Where allocation goes on after the end: at the floor, or at 1 where no number from the floor on may be given. */
export function startOf({ traits }: State, ns: NsRecord): number {
  if (ns.floor >= ns.pidMax) return 1;
  return traits.rules === 'mainline' && ns.lastPid < ns.floor ? 1 : ns.floor;
}

/**
 * The next number that is free: from this worker's window, if it has one; from the cursor up to pidMax, then from the floor to where the search began; by mainline's
 * rules from 1, as long as the cursor has not come to the floor. EAGAIN.
 */
export function nextFree(s: State, ns: NsRecord, op: string): number {
  const own = ns.windows.get(s.worker);
  for (let nr = own?.next ?? 0; isIn(ns, own, nr); nr++) if (!ns.taken.has(nr)) return nr;
  const next = ns.lastPid + 1;
  const again = startOf(s, ns);
  const first = next >= ns.pidMax ? again : next;
  for (let nr = first; nr < ns.pidMax; nr++) if (!ns.taken.has(nr)) return nr;
  for (let nr = again; nr < first; nr++) if (!ns.taken.has(nr)) return nr;
  throw new PidError('EAGAIN', op, `every number in [${again}, ${ns.pidMax}) of the namespace is taken`);
}

/**
 * Takes note that this worker has got `nr`: as the next of its window, or with the window that it claims by that. EAGAIN as `nextFree`.
 * One worker alone is given the same numbers whatever its window is.
 */
export function drawn(s: State, ns: NsRecord, nr: number): void {
  const own = ns.windows.get(s.worker);
  if (isIn(ns, own, nr)) {
    ns.windows.set(s.worker, { ...own, next: nr + 1 });
    return;
  }
  const hasWrapped = nr <= ns.lastPid;
  const window = windowFrom(s, ns, nr, ns.pidMax);
  ns.lastPid = window === undefined ? nr : window.end - 1;
  if (hasWrapped) voidWindows(ns);
  if (window === undefined) ns.windows.delete(s.worker);
  else ns.windows.set(s.worker, window);
}

/** What a worker claims with `nr`: the rest of the window that it is in; below the floor there are none. */
export function windowFrom({ window }: State, { floor }: NsRecord, nr: number, pidMax: number): Window | undefined {
  if (window === 1 || nr < floor) return undefined;
  return { next: nr + 1, end: Math.min(nr - (nr % window) + window, pidMax) };
}

/** Whether the number comes from that window. */
function isIn({ pidMax }: NsRecord, window: Window | undefined, nr: number): window is Window {
  return window !== undefined && nr >= window.next && nr < Math.min(window.end, pidMax);
}

export function voidWindows(ns: NsRecord): void {
  ns.windows.clear();
  ns.voids++;
}

/** Makes sure that what marks `nr` as taken is there: its page, or the nodes that lead to it. ENOMEM. */
export function needRoom(s: State, ns: NsRecord, nr: number, op: string): void {
  if (s.traits.map === 'tree') needNodes(s, ns, nr, op);
  else needPage(s, ns, nr, op);
}

/** Gives back what only `nr` needed. Pages stay. */
export function giveRoom(s: State, ns: NsRecord, nr: number): void {
  if (s.traits.map === 'tree') giveNodes(s, ns, nr);
}

function needPage(s: State, ns: NsRecord, nr: number, op: string): void {
  const page = pageOf(nr);
  if (ns.pages.has(page)) return;
  takePidmapPage(s.memory, op);
  ns.pages.add(page);
}

/** Up to so many taken numbers are all looked at; of more, those that come next are tried one by one. */
const FEW = 1_000;

/** The smallest taken number of the map at or above `nr`. */
export function takenFrom(ns: NsRecord, nr: number): number | undefined {
  if (ns.taken.size <= FEW) {
    let smallest: number | undefined;
    for (const n of ns.taken.keys()) if (n >= nr && (smallest === undefined || n < smallest)) smallest = n;
    return smallest;
  }
  for (let page = pageOf(nr); page < PIDMAP_ENTRIES; page++) {
    if (ns.pages.size > 0 && !ns.pages.has(page)) continue;
    const first = page * BITS_PER_PAGE;
    for (let n = Math.max(nr, first); n < first + BITS_PER_PAGE; n++) if (ns.taken.has(n)) return n;
  }
  return undefined;
}

function pageOf(nr: number): number {
  return Math.floor(nr / BITS_PER_PAGE);
}

export function nextPidmap(s: State, ns: NsRef, last: number): number | undefined {
  const record = nsOf(s, ns, 'nextPidmap');
  checkNumber(last, 'last', 0, LARGEST_NR, 'nextPidmap');
  return takenFrom(record, last + 1);
}

export function lastPid(s: State, ns: NsRef): number {
  const { windows, lastPid } = nsOf(s, ns, 'lastPid');
  const own = windows.get(s.worker);
  return own === undefined ? lastPid : own.next - 1;
}

export function setLastPid(s: State, ns: NsRef, nr: number): void {
  const record = nsOf(s, ns, 'setLastPid');
  checkNumber(nr, 'nr', 0, PID_MAX_LIMIT - 1, 'setLastPid');
  record.lastPid = nr;
  voidWindows(record);
}

export function pidMax(s: State, ns: NsRef): number {
  return nsOf(s, ns, 'pidMax').pidMax;
}

export function setPidMax(s: State, ns: NsRef, max: number): void {
  const record = nsOf(s, ns, 'setPidMax');
  checkNumber(max, 'pidMax', 1, PID_MAX_LIMIT, 'setPidMax');
  record.pidMax = max;
}

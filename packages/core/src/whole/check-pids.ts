/** Invariants 5 and 7: pids and their tasks. */
import { PID_MAX_LIMIT, PIDTYPE_MAX, PIDTYPE_PID } from '@pidlab/contract';
import { HOME_ENDING, NS, PID_HEAD, TASK_LINK } from '../layout.ts';
import { KIND_NS, KIND_PID, KIND_TASK } from '../memory/handles.ts';
import { cacheName, NS_CACHE, pidCache } from '../memory/slab.ts';
import { numbersAt } from '../pids/namespaces.ts';
import { hasTasks, homeOf, isDead, pidLevel } from '../pids/pids.ts';
import { linkOf } from '../pids/tasks.ts';
import type { MapUse, Say, State } from '../types.ts';
import { isBlank } from './check-memory.ts';
import { cacheOf, eachLivePid, eachNs, eachPid, eachTask, isRecord, isSlot } from './walk.ts';

const N = NS.at;
const { pid: PID, next: NEXT, prev: PREV } = TASK_LINK.at;
/** No table that is sized for its pids has one of so many links. */
const LONG_CHAIN = 200;

export function checkPids(s: State, uses: Map<number, MapUse>, say: Say): void {
  const { map } = s.design;
  const given = new Map<number, number>();
  eachPid(s, (at, numbers) => checkPid(s, at, numbers, say));
  eachLivePid(s, (at) => {
    if (!livesAtHome(s, at)) {
      say(`pid ${at} is alive and its namespace at ${homeOf(s, at)} is not`);
      return;
    }
    s.design.eachNumber(s, at, (nr, nsAt) => {
      const taken = nr >= 1 && nr < PID_MAX_LIMIT && map.isTaken(s, nsAt, nr);
      if (!taken) say(`pid ${at} has number ${nr}, which is free in namespace ${nsAt}`);
      given.set(nsAt, (given.get(nsAt) ?? 0) + 1);
    });
  });
  eachNs(s, (nsAt) => {
    const taken = uses.get(nsAt)?.taken ?? 0;
    const carried = given.get(nsAt) ?? 0;
    if (taken !== carried)
      say(`namespace ${nsAt} has ${taken} numbers taken; live pids carry ${carried}`, taken > carried);
  });
}

function checkPid(s: State, pidAt: number, numbers: number, say: Say): void {
  const level = pidLevel(s, pidAt);
  const count = s.words[pidAt + PID_HEAD.at.count];
  if (level > s.design.traits.maxLevel || numbersAt(s, level) !== numbers)
    say(`pid ${pidAt} of level ${level} is from cache ${cacheName(s, pidCache(numbers))}`);
  const home = homeOf(s, pidAt);
  // Of a dead one the namespace may be gone, and its page another's.
  if (!isDead(s, pidAt) && (!isSlot(s, home) || cacheOf(s, home) !== NS_CACHE))
    say(`pid ${pidAt} is at home at ${home}, where no namespace can be`);
  if (count < 1) say(`pid ${pidAt} has ${count} references`, 'mend');
  if ((s.words[pidAt + PID_HEAD.at.home] & HOME_ENDING) !== 0) say(`pid ${pidAt} is being freed by nobody`, 'mend');
  if (isDead(s, pidAt) && hasTasks(s, pidAt)) say(`pid ${pidAt} is dead and has tasks`);
}

/** Whether the namespace that the pid was allocated in is still there. */
function livesAtHome(s: State, pidAt: number): boolean {
  const home = homeOf(s, pidAt);
  const { words: w, design } = s;
  if (!isRecord(s, home, KIND_NS)) return false;
  return w[home + N.level] === pidLevel(s, pidAt) && w[home + N.serial] === design.pidSerial(s, pidAt);
}

export function checkTasks(s: State, say: Say): void {
  const w = s.words;
  let linked = 0;
  eachTask(s, (at) => {
    for (let type = 0; type < PIDTYPE_MAX; type++) {
      const link = linkOf(at, type);
      if (w[link] !== 0) linked++;
      else if (!isBlank(w, link, link + TASK_LINK.words)) say(`task ${at} is in list ${type} of no pid`);
    }
  });
  let listed = 0;
  eachPid(s, (at) => {
    for (const type of [0, 1, 2, 3] as const) listed += checkTaskList(s, at, type, linked, say);
  });
  if (listed !== linked) say(`pids list ${listed} tasks; tasks have ${linked} pids`);
  eachNs(s, (nsAt) => checkReaper(s, nsAt, say));
}

function checkTaskList(s: State, pidAt: number, type: 0 | 1 | 2 | 3, most: number, say: Say): number {
  const w = s.words;
  let length = 0;
  let prev = 0;
  // Word by word: a reader would wait for whoever is changing the list, and there may be nobody.
  for (let at = w[pidAt + PID_HEAD.at.tasks + type]; at !== 0; at = w[linkOf(at, type) + NEXT]) {
    const fits =
      isRecord(s, at, KIND_TASK) && w[linkOf(at, type) + PID] === pidAt && w[linkOf(at, type) + PREV] === prev;
    if (!fits || length === most) {
      say(`list ${type} of pid ${pidAt} leads to ${at}, which does not belong there`);
      break;
    }
    length++;
    prev = at;
  }
  return length;
}

function checkReaper(s: State, nsAt: number, say: Say): void {
  const reaper = s.words[nsAt + N.reaper];
  if (reaper === 0) return;
  const pidAt = isRecord(s, reaper, KIND_TASK) ? s.words[linkOf(reaper, PIDTYPE_PID) + PID] : 0;
  if (!isRecord(s, pidAt, KIND_PID) || homeOf(s, pidAt) !== nsAt)
    say(`the reaper of namespace ${nsAt} has no pid in it`);
}

/**
 * The chains are whole by now, so every look-up ends. Where a chain is far longer than chains are, no number is looked up, which
 * would take time by the square of it: there each has to be another. So a look-up is at most LONG_CHAIN steps, and what this
 * needs is a byte for each slot of the tables.
 */
export function checkFinds(s: State, say: Say): void {
  const isLong = longChains(s);
  const inLongChains = new Set<number>();
  eachLivePid(s, (at) => {
    s.design.eachNumber(s, at, (nr, nsAt, _link, slot) => {
      if (isLong(slot)) {
        const name = nsAt * PID_MAX_LIMIT + nr;
        if (inLongChains.has(name)) say(`number ${nr} of namespace ${nsAt} leads to two pids; one is ${at}`);
        inLongChains.add(name);
        return;
      }
      const found = s.design.findPidNs(s, nr, nsAt);
      if (found !== at) say(`number ${nr} of namespace ${nsAt} leads to ${found}; pid ${at} has it`);
    });
  });
}

/** Whether the chain of a slot is a long one. A design without tables has none: its pids are their own slots. */
function longChains(s: State): (slot: number) => boolean {
  if (s.design.index.tables.length === 0) return () => false;
  const first = s.pidHash.base;
  const lengths = new Uint8Array(s.workersStart - first);
  eachLivePid(s, (at) => {
    s.design.eachNumber(s, at, (_nr, _nsAt, _link, slot) => {
      if (lengths[slot - first] < LONG_CHAIN) lengths[slot - first]++;
    });
  });
  return (slot) => lengths[slot - first] === LONG_CHAIN;
}

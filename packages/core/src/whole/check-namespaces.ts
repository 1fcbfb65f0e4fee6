/** Invariants 3 and 4: namespaces, and by the design's own checks their maps. */
import { PID_MAX_LIMIT, RESERVED_PIDS } from '@pidlab/contract';
import { CACHE, HEADER, NS } from '../layout.ts';
import { KIND_NS } from '../memory/handles.ts';
import { pidCache } from '../memory/slab.ts';
import { numbersAt, USERS_LIMIT } from '../pids/namespaces.ts';
import { wasGiven } from '../pids/serials.ts';
import type { MapUse, Say, State } from '../types.ts';
import { checkWindows } from './check-windows.ts';
import { eachNs, isRecord } from './walk.ts';

const H = HEADER.at;
const N = NS.at;
const C = CACHE.at;
/** References on a namespace that may be lost, far from where others would make the count overflow. */
const MOST_LOST = 0x2000_0000;

/** Returns how the maps of the namespaces hold them. */
export function checkNamespaces(s: State, counted: boolean, say: Say): Map<number, MapUse> {
  const w = s.words;
  const root = w[H.rootNs];
  const isRoot = isRecord(s, root, KIND_NS) && w[root + N.parent] === 0 && w[root + N.level] === 0;
  if (!isRoot || w[root + N.users] < 1) {
    say(`the root namespace is not at ${root}`);
    return new Map();
  }
  const serials = new Set<number>();
  const children = new Map<number, number>();
  eachNs(s, (at) => {
    if (at !== root) checkParent(s, at, say);
    const parent = w[at + N.parent];
    children.set(parent, (children.get(parent) ?? 0) + 1);
    if (serials.has(w[at + N.serial])) say(`namespace ${at} has the serial of another`);
    serials.add(w[at + N.serial]);
    checkSettings(s, at, say);
  });
  checkWindows(s, say);
  const uses = s.design.map.check(s, counted, say);
  eachNs(s, (at) => {
    const held = w[at + N.users] + (uses.get(at)?.held ?? 0) + (children.get(at) ?? 0);
    const count = w[at + N.count];
    if (count !== held || (held === 0 && uses.get(at)?.taken === 0))
      say(`namespace ${at} counts ${count} references; ${held} are held`, count >= held && count - held < MOST_LOST);
  });
  return uses;
}

function checkParent(s: State, nsAt: number, say: Say): void {
  const parent = s.words[nsAt + N.parent];
  const level = s.words[nsAt + N.level];
  if (!isRecord(s, parent, KIND_NS)) say(`namespace ${nsAt} has no namespace above it at ${parent}`);
  else if (level !== s.words[parent + N.level] + 1)
    say(`namespace ${nsAt} is at level ${level}, not one below its parent`);
}

function checkSettings(s: State, nsAt: number, say: Say): void {
  const w = s.words;
  const inRange = (field: number, min: number, max: number) => w[nsAt + field] >= min && w[nsAt + field] <= max;
  const level = w[nsAt + N.level];
  if (!inRange(N.level, 0, s.design.traits.maxLevel)) say(`namespace ${nsAt} is at level ${level}`);
  else if (w[pidCache(numbersAt(s, level)) + C.objectWords] === 0) say(`namespace ${nsAt} has no cache for its pids`);
  if (!wasGiven(s, w[nsAt + N.serial])) say(`namespace ${nsAt} has a serial that was never given`);
  if (!inRange(N.pidMax, 1, PID_MAX_LIMIT)) say(`namespace ${nsAt} has a pidMax of ${w[nsAt + N.pidMax]}`);
  if (!inRange(N.lastPid, 0, PID_MAX_LIMIT - 1)) say(`namespace ${nsAt} has its cursor at ${w[nsAt + N.lastPid]}`);
  if (!inRange(N.floor, 1, RESERVED_PIDS)) say(`namespace ${nsAt} has a floor of ${w[nsAt + N.floor]}`);
  if (!inRange(N.disabled, 0, 1)) say(`namespace ${nsAt} has ${w[nsAt + N.disabled]} for disabled`);
  if (!inRange(N.users, 0, USERS_LIMIT)) say(`namespace ${nsAt} has ${w[nsAt + N.users]} users`);
}

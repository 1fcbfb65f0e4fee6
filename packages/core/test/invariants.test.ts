import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLONE_NEWPID, PIDTYPE_PGID } from '@pidlab/contract';
import { describe, expect, test } from 'vitest';
import {
  CACHE,
  HEADER,
  HOME_DEAD,
  HOME_ENDING,
  NS,
  PAGE_SHIFT,
  PAGE_TABLE,
  PAGE_WORDS,
  PID_HEAD,
  PIDMAP,
  PIDMAP_NS,
} from '../src/layout.ts';
import { KIND_PID, KIND_SHIFT, KIND_TASK, LINE_SHIFT } from '../src/memory/handles.ts';
import { NS_CACHE, pidCache, TASK_CACHE } from '../src/memory/slab.ts';
import { slotOf } from '../src/pids/hash.ts';
import { linkOf } from '../src/pids/tasks.ts';
import { type Busy, makeBusy } from './busy.ts';
import { at, make, NEXT, NR, SERIAL, upidAt } from './design.ts';

const H = HEADER.at;
const C = CACHE.at;
const N = { ...NS.at, ...PIDMAP_NS.at };
const PID_1 = pidCache(1);
const LINK_NEXT = 1;
const LINK_PREV = 2;

/** Word offset of the pidmap entry `i` of a namespace, and of the bitmap that it leads to. */
const entryOf = (ns: number, i: number): number => at(ns) + N.pidmap + i * PIDMAP.words;
const bitmapOf = ({ s }: Busy, ns: number, i: number): number => s.words[entryOf(ns, i)] << PAGE_SHIFT;

/** Two live pids of the root of which the second is found in the same chain as the first. */
function inOneChain({ s, a, root }: Busy): [number, number] {
  const serial = s.words[at(root) + N.serial];
  const seen = new Map<number, number>();
  for (let pid = a.findGePid(3, root); pid !== undefined; pid = a.findGePid(a.pidNr(pid) + 1, root)) {
    const slot = slotOf(s.pidHash, a.pidNr(pid), serial);
    const other = seen.get(slot);
    if (other !== undefined) return [other, at(pid)];
    seen.set(slot, at(pid));
  }
  throw new Error('no chain has two links');
}

/** A slot whose chain has a link, and the link that ends it. */
function chainOf({ s }: Busy): { slot: number; last: number } {
  let slot = s.pidHash.base;
  while (s.words[slot] <= 0) slot++;
  let last = s.words[slot];
  while (s.words[last] > 0) last = s.words[last];
  return { slot, last };
}

/** What is said, and how the words of a busy allocator are changed so that it is. */
const violations: readonly (readonly [sentence: RegExp, corrupt: (w: Int32Array, busy: Busy) => void])[] = [
  [/^the first generation is 0$/, (w) => (w[H.generationBase] = 0)],
  [/^the first generation is -1$/, (w) => (w[H.generationBase] = -1)],
  [/^new namespaces would have a floor of 0$/, (w) => (w[H.floors + 1] = 0)],
  [/^new namespaces would have a floor of 301$/, (w) => (w[H.floors] = 301)],
  [/^page \d+ is a slab page of no cache$/, (w, { s }) => (w[PAGE_TABLE + (s.slabStart >>> PAGE_SHIFT)] = 0)],
  [/^page \d+ is a slab page of no cache$/, (w, { s }) => (w[PAGE_TABLE + (s.slabStart >>> PAGE_SHIFT)] = PID_1 + 1)],
  [/^cache pid_1 has objects of 32 words, not 16$/, (w) => (w[PID_1 + C.objectWords] = 32)],
  [/^cache task has objects of 0 words, not 16$/, (w) => (w[TASK_CACHE + C.objectWords] = 0)],
  [/^cache pid_1 counts 2 slabs and has 1$/, (w) => w[PID_1 + C.slabs]++],
  [/^cache pid_1 cuts its next object at \d+, in a slab up to \d+$/, (w) => w[PID_1 + C.bump]--],
  [/^cache pid_1 cuts its next object at 0, in a slab up to \d+$/, (w) => (w[PID_1 + C.bump] = 0)],
  [/^cache pid_1 cuts its next object at \d+, in a slab/, (w) => (w[PID_1 + C.bumpEnd] = w[NS_CACHE + C.bumpEnd])],
  [/^object \d+ of cache pid_1 was never used and is not blank$/, (w) => (w[PID_1 + C.bump] -= 16)],
  [/^object \d+ of cache task was never used and is not blank$/, (w) => (w[w[TASK_CACHE + C.bump] + 15] = 1)],
  [/^object \d+ of cache pid_1 is in generation 0, which/, (w, { idle }) => (w[at(idle)] = KIND_PID << KIND_SHIFT)],
  [/^cache pid_1 has a record of kind 2 at \d+$/, (w, { idle }) => (w[at(idle)] = (KIND_TASK << KIND_SHIFT) | 5)],
  [/^object \d+ of cache pid_1 is free and not blank$/, (w) => (w[w[PID_1 + C.free] + PID_HEAD.at.tasks + 3] = 1)],
  [/^object \d+ of cache task is free and not blank$/, (w) => (w[w[TASK_CACHE + C.free] + 13] = 1)],
  [/^object \d+ of cache pid_namespace is free and not blank$/, (w) => (w[w[NS_CACHE + C.free] + N.pidmap + 255] = 1)],
  [/^cache pid_1 lists 0 free objects and has \d+$/, (w) => (w[PID_1 + C.free] = 0)],
  [/^cache pid_1 counts \d+ active objects and has \d+$/, (w) => w[PID_1 + C.active]++],
  [/^cache pid_2 counts 1 retired objects and has 0$/, (w) => (w[pidCache(2) + C.retired] = 1)],
  [
    /^the free list of cache pid_1 leads to \d+, which is not a free object of it$/,
    (w) => (w[w[PID_1 + C.free] + 1] = w[TASK_CACHE + C.free]),
  ],
  [
    /^the free list of cache pid_1 leads to \d+, which/, // a ring
    (w) => (w[w[w[PID_1 + C.free] + 1] + 1] = w[PID_1 + C.free]),
  ],
  [/^the root namespace is not at 0$/, (w) => (w[H.rootNs] = 0)],
  [/^the root namespace is not at \d+$/, (w, { child }) => (w[H.rootNs] = at(child))],
  [/^the root namespace is not at \d+$/, (w, { root }) => (w[at(root) + N.level] = 1)],
  [
    /^namespace \d+ has the serial of another$/,
    (w, { root, child }) => (w[at(child) + N.serial] = w[at(root) + N.serial]),
  ],
  [/^namespace \d+ counts 9 references; \d are held$/, (w, { child }) => (w[at(child) + N.count] = 9)],
  [
    /^\d+ pidmap pages were handed out; \d+ are in a map or free$/,
    (w) => {
      w[H.mapFree] = 0;
      w[H.mapFreeCount] = 0;
    },
  ],
  [/^the list of free slab pages leads to page 1$/, (w) => (w[H.slabFree] = 1)],
  [/^3 slab pages are counted free; 0 are listed$/, (w) => (w[H.slabFreeCount] = 3)],
  [
    /^slab page \d+ is free and not blank$/,
    (w, { s }) => {
      w[H.slabFree] = s.slabStart >>> PAGE_SHIFT;
      w[PAGE_TABLE + w[H.slabFree]] = -1;
    },
  ],
  [/^the list of free pidmap pages leads to page 1$/, (w) => (w[PAGE_WORDS + w[H.mapFree]] = 1)],
  [/^the list of free pidmap pages leads to page \d+$/, (w) => (w[PAGE_WORDS + w[H.mapFree]] = w[H.mapFree])],
  [/^pidmap page \d+ is free and not blank$/, (w) => (w[(w[H.mapFree] << PAGE_SHIFT) + 1023] = 1)],
  [/^3 pidmap pages are counted free; 2 are listed$/, (w) => (w[H.mapFreeCount] = 3)],
  [/^namespace \d+ has no namespace above it at 16$/, (w, { child }) => (w[at(child) + N.parent] = 16)],
  [/^namespace \d+ has no namespace above it at 0$/, (w, { child }) => (w[at(child) + N.parent] = 0)],
  [/^namespace \d+ is at level 1, not one below its parent$/, (w, { grandchild }) => (w[at(grandchild) + N.level] = 1)],
  [/^namespace \d+ is at level 3$/, (w, { grandchild }) => (w[at(grandchild) + N.level] = 3)],
  [/^namespace \d+ has a serial that was never given$/, (w, { child }) => (w[at(child) + N.serial] = 0)],
  [/^namespace \d+ has a serial that was never given$/, (w, { root }) => (w[H.lastSerial] = w[at(root) + N.serial])],
  [/^namespace \d+ has a pidMax of 0$/, (w, { child }) => (w[at(child) + N.pidMax] = 0)],
  [/^namespace \d+ has a pidMax of 4194305$/, (w, { child }) => (w[at(child) + N.pidMax] = 4_194_305)],
  [/^namespace \d+ has its cursor at 4194304$/, (w, { child }) => (w[at(child) + N.lastPid] = 4_194_304)],
  [/^namespace \d+ has its cursor at -1$/, (w, { child }) => (w[at(child) + N.lastPid] = -1)],
  [/^namespace \d+ has a floor of 0$/, (w, { child }) => (w[at(child) + N.floor] = 0)],
  [/^namespace \d+ has 2 for disabled$/, (w, { child }) => (w[at(child) + N.disabled] = 2)],
  [/^namespace \d+ has 129 pidmap entries$/, (w, { child }) => (w[at(child) + N.entries] = 129)],
  [/^namespace \d+ has -1 users$/, (w, { child }) => (w[at(child) + N.users] = -1)],
  [
    /^namespace \d+ has no page 5 of its pidmap, and 3 numbers taken in it$/,
    (w, b) => (w[entryOf(b.child, 5) + 1] = 3),
  ],
  [/^namespace \d+ has no page 0 of its pidmap, and \d numbers/, (w, b) => (w[entryOf(b.child, 0)] = 0)],
  [
    /^page 0 of the pidmap of namespace \d+ is page \d+, which is not its own$/,
    (w, b) => (w[entryOf(b.child, 0)] = w[entryOf(b.root, 0)]),
  ],
  [/^page 1 of the pidmap of namespace \d+ is page \d+, which/, (w, b) => (w[at(b.root) + N.entries] = 1)],
  [/^page 0 of the pidmap of namespace \d+ counts \d+ numbers and has \d+$/, (w, b) => w[bitmapOf(b, b.root, 0) + 9]--],
  [/^number 0 of namespace \d+ is free$/, (w, b) => (w[bitmapOf(b, b.root, 0)] &= ~1)],
  [/^pid \d+ is alive and its namespace at \d+ is not$/, (w, b) => w[upidAt(at(b.deep), 2) + SERIAL]++],
  [
    /^pid \d+ is alive and its namespace at \d+ is not$/, // a free one
    (w, b) => (w[at(b.deep) + PID_HEAD.at.home] = (2 << 24) | (w[NS_CACHE + C.free] >>> LINE_SHIFT)),
  ],
  [
    /^pid \d+ has number 2, which is free in namespace \d+$/,
    (w, b) => {
      w[bitmapOf(b, b.root, 0)] &= ~4;
      w[entryOf(b.root, 0) + 1]--;
    },
  ],
  [/^pid \d+ has number 0, which is free in namespace \d+$/, (w, b) => (w[upidAt(at(b.idle), 0) + NR] = 0)],
  [
    /^namespace \d+ has \d+ numbers taken; live pids carry \d+$/,
    (w, b) => (w[at(b.idle) + PID_HEAD.at.home] |= HOME_DEAD),
  ],
  [/^pid \d+ of level 1 is from cache pid_3$/, (w, b) => (w[at(b.deep) + PID_HEAD.at.home] ^= 3 << 24)],
  [/^pid \d+ is being freed by nobody$/, (w, b) => (w[at(b.deep) + PID_HEAD.at.home] |= HOME_ENDING)],
  [/^pid \d+ is at home at \d+, where no namespace can be$/, (w, b) => w[at(b.idle) + PID_HEAD.at.home]++],
  [/^pid \d+ has 0 references$/, (w, b) => (w[at(b.dead) + PID_HEAD.at.count] = 0)],
  [/^pid \d+ is dead and has tasks$/, (w, b) => (w[at(b.init) + PID_HEAD.at.home] |= HOME_DEAD)],
  [/^number 4 of pid \d+ is not found from its slot \d+$/, (w, b) => (w[upidAt(at(b.idle), 0) + NR] = 4)],
  [
    /^the hash chains have \d+ links; live pids have \d+$/,
    (w, b) => {
      const { slot, last } = chainOf(b);
      const stray = upidAt(at(b.dead), 0) + NEXT;
      w[last] = stray;
      w[stray] = ~slot;
    },
  ],
  [/^the chain of slot \d+ leads to \d+, which is in a chain already or no link$/, (w, b) => (w[chainOf(b).last] = 16)],
  [/^the chain of slot \d+ leads to \d+, which/, (w, b) => (w[chainOf(b).last] = w[chainOf(b).slot])], // a ring
  [/^the chain of slot \d+ ends in the marker of slot \d+$/, (w, b) => (w[chainOf(b).last] -= 1)],
  [/^the chain of slot \d+ ends in the marker of slot -1$/, (w, b) => (w[chainOf(b).last] = 0)],
  [
    /^number \d+ of namespace \d+ leads to \d+; pid \d+ has it$/,
    (w, b) => {
      const [one, other] = inOneChain(b);
      w[upidAt(other, 0) + NR] = w[upidAt(one, 0) + NR];
    },
  ],
  [/^task \d+ is in list 3 of no pid$/, (w, b) => (w[linkOf(at(b.tasks[0]), 3) + LINK_PREV] = at(b.tasks[1]))],
  [/^pids list \d tasks; tasks have \d pids$/, (w, b) => (w[linkOf(at(b.tasks[4]), 3)] = at(b.idle))],
  [
    /^list 2 of pid \d+ leads to \d+, which does not belong there$/,
    (w, b) => (w[at(b.init) + PID_HEAD.at.tasks + PIDTYPE_PGID] = at(b.tasks[4])),
  ],
  [/^list 2 of pid \d+ leads to \d+, which/, (w, b) => (w[linkOf(at(b.tasks[1]), PIDTYPE_PGID) + LINK_PREV] = 0)],
  [
    /^list 2 of pid \d+ leads to \d+, which/, // a ring
    (w, b) => (w[linkOf(at(b.tasks[0]), PIDTYPE_PGID) + LINK_NEXT] = at(b.tasks[2])),
  ],
  [/^the reaper of namespace \d+ has no pid in it$/, (w, b) => (w[at(b.child) + N.reaper] = at(b.tasks[0]))],
  [/^the reaper of namespace \d+ has no pid in it$/, (w, b) => (w[at(b.child) + N.reaper] = at(b.idle))],
];

describe('checkInvariants', () => {
  const said = new Set<string>();

  test('has nothing to say of a busy allocator', () => {
    expect(makeBusy().a.checkInvariants().violations).toEqual([]);
  });

  test.each(violations)('says %s', (sentence, corrupt) => {
    const busy = makeBusy();
    corrupt(busy.s.words, busy);
    const found = busy.a.checkInvariants().violations;
    for (const one of found) said.add(one);
    expect(found.join('\n')).toMatch(new RegExp(sentence.source, 'm'));
  });

  test('says that the cache of a level is missing', () => {
    const { s, a } = make();
    a.copyPidNs(CLONE_NEWPID, a.initPidNs);
    s.words[pidCache(2) + C.objectWords] = 0;
    const found = a.checkInvariants().violations;
    for (const one of found) said.add(one);
    expect(found.join()).toMatch(/^namespace \d+ has no cache for its pids$/);
  });

  test('says that two pids of a long chain have the same number', () => {
    const { s, a } = make({ memory: 2 ** 22, hash: 'kernel', pidMax: 30_000 });
    const w = s.words;
    const pids = Array.from({ length: 8_000 }, () => at(a.allocPid(a.initPidNs)));
    const slotAt = (pidAt: number): number =>
      slotOf(s.pidHash, w[upidAt(pidAt, 0) + NR]!, w[upidAt(pidAt, 0) + SERIAL]!);
    const other = [...pids].reverse().find((pidAt) => slotAt(pidAt) === slotAt(pids[0]!))!;
    w[upidAt(other, 0) + NR] = 1;
    const found = a.checkInvariants().violations;
    for (const one of found) said.add(one);
    expect(found.join()).toMatch(/^number 1 of namespace \d+ leads to two pids; one is \d+$/);
  });

  test('ends, and says at most fifty sentences, whatever the words are', () => {
    const busy = makeBusy();
    for (const ns of [busy.root, busy.child, busy.grandchild]) {
      busy.s.words.fill(-1, at(ns) + N.pidmap, at(ns) + PIDMAP_NS.words);
    }
    const found = busy.a.checkInvariants().violations;
    expect(found).toHaveLength(50);
  });

  // Last, so that the list above is whole.
  test('can be made to say every sentence that it knows', () => {
    const source = ['check-memory', 'check-namespaces', 'check-pids', 'pidmaps', 'hashes']
      .map((file) => readFileSync(join(import.meta.dirname, `../src/whole/${file}.ts`), 'utf8'))
      .join('');
    const templates = [...source.matchAll(/\bsay\(\s*`([^`]*)`/g)].map((match) => match[1]);
    expect(templates.length).toBeGreaterThan(40);
    const escaped = (text: string) => text.replace(/[.*+?^$()[\]\\|]/g, '\\$&');
    const unsaid = templates.filter((template) => {
      const pattern = new RegExp(
        `^${template
          .split(/\$\{[^}]*\}/)
          .map(escaped)
          .join('.+')}$`,
      );
      return ![...said].some((sentence) => pattern.test(sentence));
    });
    expect(unsaid).toEqual([]);
  });
});

/** What people call the words of a block: `pid a · count`, `pid 12 · numbers[1].next`, `slot 9216`, `worker 2 · parked`. */
import {
  CACHE,
  type Fields,
  HEADER,
  MAGAZINE,
  NS,
  PAGE_WORDS,
  PID_HEAD,
  PIDMAP,
  PIDMAP_NS,
  type Struct,
  TASK,
  TASK_LINK,
  WINDOW,
  WORKER,
} from '@pidlab/core';

/** A word by the record that it is in. */
export interface Named {
  /** For people: which record, and where in it. */
  readonly text: string;
  /** The record's and the field's name as its `struct` has them, the same for all records of a kind: `pid.count`. */
  readonly field: string;
}

/** The name of the word at that offset, in a block as it is at that moment. */
export type Namer = (at: number) => Named;

/** A name within a record. */
type Part = readonly [text: string, field: string];

/** What a design's records have beyond core's. */
interface Beyond {
  /** What a pid has behind its head, once. */
  readonly pid?: readonly Part[];
  /** What it has for each of its numbers, after that. */
  readonly numbers?: readonly Part[];
  /** What a namespace has; where it is not given, a pidmap. */
  readonly ns?: readonly Part[];
  /** What the maps are made of, with the names of runs of words. */
  readonly node?: readonly { readonly name: string; readonly words: number }[];
}

const part = (record: string, ...fields: readonly string[]): Part[] =>
  fields.map((field) => [field, `${record}.${field}`]);

/* The designs' own records, whose layouts are not exported: docs/layouts.md has them. */
const BEYOND: Readonly<Record<string, Beyond>> = {
  hierarchical: { numbers: part('upid', 'nr', 'ns', 'next') },
  flat: { pid: [...part('pid (flat, pid_1)', 'nr', 'next', 'ns'), ...part('pid (flat, pid_2)', 'vnr', 'vnext')] },
  pidspace: { pid: part('pid (pidspace)', 'nr', 'next', 'ns') },
  idr: {
    pid: part('pid (idr)', 'lock'),
    numbers: part('upid (idr)', 'nr', 'ns'),
    ns: part('pid_namespace (idr)', 'moves', 'tree'),
    node: [
      { name: 'id', words: 1 },
      { name: 'parent', words: 1 },
      { name: 'used', words: 2 },
      { name: 'full', words: 2 },
      { name: 'unused', words: 10 },
      { name: 'slots', words: 64 },
    ],
  },
};
const PAIR = part('pair', 'nr', 'vnr', 'ns');

const H = HEADER.at;
const LINE_WORDS = 16;
const LINE_MASK = 0xff_ffff;
const CACHES = HEADER.fields.caches[2] / CACHE.words;

/** Names for a block of a design, in which these handles have names. */
export function namerOf(words: Int32Array, strategy: string, handles: ReadonlyMap<number, string>): Namer {
  const at = geometryOf(words);
  const beyond = BEYOND[strategy] ?? {};
  const named = new Map<number, string[]>();
  for (const [handle, name] of handles) {
    const start = (handle % (LINE_MASK + 1)) * LINE_WORDS;
    named.set(start, [...(named.get(start) ?? []), name]);
  }
  const within = (kind: string, start: number, [text, field]: Part): Named => {
    return { text: `${kind} ${named.get(start)?.join('/') ?? `@${start}`} · ${text}`, field };
  };
  return (word) => {
    if (word < HEADER.words) return headerWord(word);
    if (word < at.hash) return { text: `page table ${word - PAGE_WORDS}`, field: 'page.of' };
    if (word < at.workers) return { text: `slot ${word - at.hash}`, field: 'slot.head' };
    if (word < at.slabs) {
      const inWorkers = word - at.workers;
      const [text, field] = workerWord(inWorkers % at.step);
      return { text: `worker ${Math.floor(inWorkers / at.step)} · ${text}`, field };
    }
    const page = Math.floor(word / PAGE_WORDS);
    if (page >= words[H.mapStart]!)
      return { text: `map page ${page} · word ${word % PAGE_WORDS}`, field: 'bitmap.bits' };
    const cache = words[PAGE_WORDS + page]!;
    const size = words[cache + CACHE.at.objectWords]!;
    if (cache === 0 || size === 0) return { text: `page ${page} · word ${word % PAGE_WORDS}`, field: 'no record' };
    const start = page * PAGE_WORDS + Math.floor((word % PAGE_WORDS) / size) * size;
    const place = (cache - H.caches) / CACHE.words;
    if (place === 0) return within('ns', start, nsWord(beyond, word - start));
    if (place === 1) return within('task', start, taskWord(word - start));
    if (place === CACHES - 1) return within('node', start, nodeWord(beyond, word - start));
    return within('pid', start, pidWord(beyond, word - start));
  };
}

/** Where the parts of a block begin. */
function geometryOf(words: Int32Array): { hash: number; workers: number; step: number; slabs: number } {
  const whole = (count: number, unit: number): number => Math.ceil(count / unit) * unit;
  const slots = [0, 1].reduce((sum, table) => {
    const shift = words[H.hashShifts + table]!;
    return sum + (shift === 0 ? 0 : 2 ** (32 - shift));
  }, 0);
  const step = whole(WORKER.words, LINE_WORDS);
  const hash = PAGE_WORDS + whole(words[H.pagesTotal]!, PAGE_WORDS);
  const workers = hash + whole(slots, PAGE_WORDS);
  return { hash, workers, step, slabs: workers + whole(words[H.workers]! * step, PAGE_WORDS) };
}

/** The field in which an offset of a record lies, and how far. */
function fieldOf<F extends Fields>(record: Struct<F>, offset: number): { field: string; further: number } {
  let field = '';
  let start = 0;
  for (const [name, at] of Object.entries(record.at) as [string, number][]) {
    if (at <= offset && at >= start) [field, start] = [name, at];
  }
  return { field, further: offset - start };
}

function plain<F extends Fields>(record: Struct<F>, offset: number): Part {
  const { field, further } = fieldOf(record, offset);
  return [further === 0 ? field : `${field}+${further}`, `${record.name}.${field}`];
}

function behind(before: string, [text, field]: Part): Part {
  return [`${before} ${text}`, field];
}

function cacheName(place: number): string {
  return place === 0 ? 'pid_namespace' : place === 1 ? 'task' : place === CACHES - 1 ? 'maps' : `pid_${place - 1}`;
}

function headerWord(word: number): Named {
  const { field: name, further } = fieldOf(HEADER, word);
  const [text, field] = name === 'caches' ? plain(CACHE, further % CACHE.words) : plain(HEADER, word);
  const record = name === 'caches' ? `cache ${cacheName(Math.floor(further / CACHE.words))}` : 'header';
  return { text: `${record} · ${text}`, field };
}

function workerWord(offset: number): Part {
  const { field, further } = fieldOf(WORKER, offset);
  if (field === 'windows')
    return behind(`window ${Math.floor(further / WINDOW.words)}`, plain(WINDOW, further % WINDOW.words));
  if (field !== 'magazines') return plain(WORKER, offset);
  const place = Math.floor(further / MAGAZINE.words);
  return behind(`magazine ${cacheName(place)}`, plain(MAGAZINE, further % MAGAZINE.words));
}

function nsWord({ ns }: Beyond, offset: number): Part {
  if (offset < NS.words) return plain(NS, offset);
  if (ns !== undefined) return ns[offset - NS.words] ?? nameless(offset);
  const { field, further } = fieldOf(PIDMAP_NS, offset);
  if (field !== 'pidmap') return plain(PIDMAP_NS, offset);
  return behind(`pidmap ${Math.floor(further / PIDMAP.words)}`, plain(PIDMAP, further % PIDMAP.words));
}

function taskWord(offset: number): Part {
  const { field, further } = fieldOf(TASK, offset);
  if (offset >= TASK.words) {
    const beyond = offset - Math.ceil(TASK.words / LINE_WORDS) * LINE_WORDS;
    if (beyond < 0) return nameless(offset);
    return behind(`pair ${Math.floor(beyond / PAIR.length)}`, PAIR[beyond % PAIR.length]!);
  }
  if (field !== 'links') return plain(TASK, offset);
  return behind(`link ${Math.floor(further / TASK_LINK.words)}`, plain(TASK_LINK, further % TASK_LINK.words));
}

function pidWord({ pid = [], numbers = [] }: Beyond, offset: number): Part {
  if (offset < PID_HEAD.words) return plain(PID_HEAD, offset);
  const beyond = offset - PID_HEAD.words;
  if (beyond < pid.length) return pid[beyond]!;
  if (numbers.length === 0) return nameless(offset);
  const inNumbers = beyond - pid.length;
  const [text, field] = numbers[inNumbers % numbers.length]!;
  return [`numbers[${Math.floor(inNumbers / numbers.length)}].${text}`, field];
}

function nodeWord({ node = [] }: Beyond, offset: number): Part {
  let start = 0;
  for (const { name, words } of node) {
    const further = offset - start;
    if (further < words) return [further === 0 ? name : `${name}+${further}`, `radix_tree_node.${name}`];
    start += words;
  }
  return nameless(offset);
}

/** A word of a record that core does not draw. */
function nameless(offset: number): Part {
  return [`word ${offset}`, `word ${offset}`];
}

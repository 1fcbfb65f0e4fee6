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
  type Struct,
  TASK,
  TASK_LINK,
  WORKER,
} from '@pidlab/core';

/** A name for the word at that offset, in a block as it is now. */
export type Namer = (at: number) => string;

const H = HEADER.at;
const LINE_WORDS = 16;
const LINE_MASK = 0xff_ffff;
/** What a design's pids have after the head: a group for each number, or once. */
const NUMBER_FIELDS: Readonly<Record<string, readonly string[]>> = {
  hierarchical: ['nr', 'ns', 'next'],
  flat: ['nr', 'next', 'ns', 'vnr', 'vnext'],
  pidspace: ['nr', 'next', 'ns'],
};
const PAIR_FIELDS = ['nr', 'vnr', 'ns'];

/** Names for a block of a design, in which these handles have names. */
export function namerOf(words: Int32Array, strategy: string, handles: ReadonlyMap<number, string>): Namer {
  const at = geometryOf(words);
  const named = new Map<number, string[]>();
  for (const [handle, name] of handles) {
    const start = (handle % (LINE_MASK + 1)) * LINE_WORDS;
    named.set(start, [...(named.get(start) ?? []), name]);
  }
  const nameOf = (kind: string, start: number): string => `${kind} ${named.get(start)?.join('/') ?? `@${start}`}`;
  return (word) => {
    if (word < HEADER.words) return headerWord(word);
    if (word < at.hash) return `page table ${word - PAGE_WORDS}`;
    if (word < at.workers) return `slot ${word - at.hash}`;
    if (word < at.slabs) {
      const inWorkers = word - at.workers;
      return `worker ${Math.floor(inWorkers / at.step)} · ${workerWord(inWorkers % at.step)}`;
    }
    const page = Math.floor(word / PAGE_WORDS);
    if (page >= words[H.mapStart]!) return `map page ${page} · word ${word % PAGE_WORDS}`;
    const cache = words[PAGE_WORDS + page]!;
    const size = words[cache + CACHE.at.objectWords]!;
    if (cache === 0 || size === 0) return `page ${page} · word ${word % PAGE_WORDS}`;
    const start = page * PAGE_WORDS + Math.floor((word % PAGE_WORDS) / size) * size;
    const place = (cache - H.caches) / CACHE.words;
    if (place === 0) return `${nameOf('ns', start)} · ${nsWord(word - start)}`;
    if (place === 1) return `${nameOf('task', start)} · ${taskWord(word - start)}`;
    return `${nameOf('pid', start)} · ${pidWord(strategy, word - start)}`;
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

function plain({ field, further }: { field: string; further: number }): string {
  return further === 0 ? field : `${field}+${further}`;
}

function cacheName(place: number): string {
  return place === 0 ? 'pid_namespace' : place === 1 ? 'task' : `pid_${place - 1}`;
}

function headerWord(word: number): string {
  const { field, further } = fieldOf(HEADER, word);
  if (field !== 'caches') return `header · ${plain({ field, further })}`;
  return `cache ${cacheName(Math.floor(further / CACHE.words))} · ${plain(fieldOf(CACHE, further % CACHE.words))}`;
}

function workerWord(offset: number): string {
  const { field, further } = fieldOf(WORKER, offset);
  if (field !== 'magazines') return plain({ field, further });
  const place = Math.floor(further / MAGAZINE.words);
  return `magazine ${cacheName(place)} ${plain(fieldOf(MAGAZINE, further % MAGAZINE.words))}`;
}

function nsWord(offset: number): string {
  const { field, further } = fieldOf(NS, offset);
  if (field !== 'pidmap') return plain({ field, further });
  return `pidmap ${Math.floor(further / PIDMAP.words)} ${plain(fieldOf(PIDMAP, further % PIDMAP.words))}`;
}

function taskWord(offset: number): string {
  const { field, further } = fieldOf(TASK, offset);
  if (offset >= TASK.words) {
    const beyond = offset - Math.ceil(TASK.words / LINE_WORDS) * LINE_WORDS;
    return beyond < 0 ? `word ${offset}` : `pair ${Math.floor(beyond / 3)} ${PAIR_FIELDS[beyond % 3]}`;
  }
  if (field !== 'links') return plain({ field, further });
  return `link ${Math.floor(further / TASK_LINK.words)} ${plain(fieldOf(TASK_LINK, further % TASK_LINK.words))}`;
}

function pidWord(strategy: string, offset: number): string {
  if (offset < PID_HEAD.words) return plain(fieldOf(PID_HEAD, offset));
  const fields = NUMBER_FIELDS[strategy];
  const beyond = offset - PID_HEAD.words;
  if (fields === undefined) return `word ${offset}`;
  const group = Math.floor(beyond / fields.length);
  const field = fields[beyond % fields.length];
  return strategy === 'hierarchical' ? `numbers[${group}].${field}` : `${field}`;
}

/** The state of a table, and the way from the allocator's handles to its tasks. */
import type { PidAllocator, TaskRef } from '@pidlab/contract';
import type { Held, Task, ThreadGroup } from './task.ts';
import type { Hooks, SignalInfo } from './types.ts';

export interface Table<P> {
  readonly allocator: PidAllocator;
  readonly hooks: Hooks<P>;
  readonly tasks: TaskIndex<P>;
  /** The root's init, whoever leads it. */
  initGroup: ThreadGroup<P>;
  /** Processes that are stopped. */
  stopped: number;
  /** Last threads of inits that wait for their namespaces to become empty. */
  readonly exiting: Set<Task<P>>;
  /** Signals that have been sent and not looked at yet. */
  readonly posts: Held<P>[];
  /** What the hooks have to be told. */
  readonly news: News<P>[];
  /** The hooks are being told: what they cause is told after them. */
  telling: boolean;
}

export type News<P> =
  | { readonly hook: 'deliver'; readonly process: Task<P>; readonly info: SignalInfo }
  | { readonly hook: 'exited'; readonly process: Task<P> }
  | { readonly hook: 'childChanged'; readonly process: Task<P>; readonly child: Task<P> };

/**
 * From task handles to tasks. The low bits of a handle say where its record is, so live handles hardly ever agree in them:
 * those bits are the index into pages of an array, each hit is compared with the whole handle, and what finds its place
 * taken goes into a Map.
 */
export interface TaskIndex<P> {
  readonly pages: (Task<P> | undefined)[][];
  readonly others: Map<TaskRef, Task<P>>;
  size: number;
}

const PLACE_MASK = 0xff_ffff;
const PAGE_SHIFT = 6;
const PAGE_MASK = 63;

export function createIndex<P>(): TaskIndex<P> {
  return { pages: [], others: new Map(), size: 0 };
}

export function findTask<P>(index: TaskIndex<P>, ref: TaskRef): Task<P> | undefined {
  const place = ref & PLACE_MASK;
  const found = index.pages[place >> PAGE_SHIFT]?.[place & PAGE_MASK];
  return found !== undefined && found.task === ref ? found : index.others.get(ref);
}

export function addTask<P>(index: TaskIndex<P>, task: Task<P>): void {
  const place = task.task & PLACE_MASK;
  const pageNr = place >> PAGE_SHIFT;
  while (index.pages.length <= pageNr) index.pages.push([]);
  let page = index.pages[pageNr];
  if (page.length === 0) page = index.pages[pageNr] = new Array(PAGE_MASK + 1).fill(undefined);
  if (page[place & PAGE_MASK] === undefined) page[place & PAGE_MASK] = task;
  else index.others.set(task.task, task);
  index.size++;
}

export function removeTask<P>(index: TaskIndex<P>, task: Task<P>): void {
  const place = task.task & PLACE_MASK;
  const page = index.pages[place >> PAGE_SHIFT];
  if (page[place & PAGE_MASK] === task) page[place & PAGE_MASK] = undefined;
  else index.others.delete(task.task);
  index.size--;
}

export function* allTasks<P>(index: TaskIndex<P>): Generator<Task<P>, void> {
  for (const page of index.pages) for (const task of page) if (task !== undefined) yield task;
  yield* index.others.values();
}

/** Puts a signal on its way. */
export function post<P>(t: Table<P>, signal: Held<P>): void {
  t.posts.push(signal);
}

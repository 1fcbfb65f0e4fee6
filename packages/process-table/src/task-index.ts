/** The way from the allocator’s handles to the tasks. */
import type { TaskRef } from '@pidlab/contract';

/**
 * From task handles to tasks. The low bits of a handle say where its record is, so live handles hardly ever agree in them:
 * those bits are the index into pages of an array, each hit is compared with the whole handle, and what finds its place
 * taken goes into a Map.
 */
export interface TaskIndex<T extends Indexed> {
  readonly pages: (T | undefined)[][];
  readonly others: Map<TaskRef, T>;
  size: number;
}

/** What has a handle. */
interface Indexed {
  readonly task: TaskRef;
}

const PLACE_MASK = 0xff_ffff;
const PAGE_SHIFT = 6;
const PAGE_MASK = 63;

export function createIndex<T extends Indexed>(): TaskIndex<T> {
  return { pages: [], others: new Map(), size: 0 };
}

export function findTask<T extends Indexed>(index: TaskIndex<T>, ref: TaskRef): T | undefined {
  const place = ref & PLACE_MASK;
  const found = index.pages[place >> PAGE_SHIFT]?.[place & PAGE_MASK];
  return found !== undefined && found.task === ref ? found : index.others.get(ref);
}

export function addTask<T extends Indexed>(index: TaskIndex<T>, task: T): void {
  const place = task.task & PLACE_MASK;
  const pageNr = place >> PAGE_SHIFT;
  while (index.pages.length <= pageNr) index.pages.push([]);
  let page = index.pages[pageNr];
  if (page.length === 0) page = index.pages[pageNr] = new Array(PAGE_MASK + 1).fill(undefined);
  if (page[place & PAGE_MASK] === undefined) page[place & PAGE_MASK] = task;
  else index.others.set(task.task, task);
  index.size++;
}

export function removeTask<T extends Indexed>(index: TaskIndex<T>, task: T): void {
  const place = task.task & PLACE_MASK;
  const page = index.pages[place >> PAGE_SHIFT];
  if (page[place & PAGE_MASK] === task) page[place & PAGE_MASK] = undefined;
  else index.others.delete(task.task);
  index.size--;
}

export function* allTasks<T extends Indexed>(index: TaskIndex<T>): Generator<T, void> {
  for (const page of index.pages) for (const task of page) if (task !== undefined) yield task;
  yield* index.others.values();
}

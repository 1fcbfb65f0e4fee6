/**
 * A list in the order in which its items came, linked through the items themselves:
 *
 * ```
 *   oldest ──► item ⇄ item ⇄ item ◄── youngest
 * ```
 *
 * So to come and to go cost a constant, and touch nothing but the item, its two neighbours and the list.
 */
export class List<T extends Linked<T>> {
  oldest: T | undefined = undefined;
  youngest: T | undefined = undefined;
  size = 0;
}

/** What can be in a list; in one at a time. */
export interface Linked<T> {
  older: T | undefined;
  younger: T | undefined;
}

/** Adds the youngest. It is in no list yet. */
export function enter<T extends Linked<T>>(list: List<T>, item: T): void {
  const { youngest } = list;
  item.older = youngest;
  if (youngest === undefined) list.oldest = item;
  else youngest.younger = item;
  list.youngest = item;
  list.size++;
}

/** Takes the item out, which leads to nobody then: whoever holds it does not hold its neighbours. */
export function leave<T extends Linked<T>>(list: List<T>, item: T): void {
  const { older, younger } = item;
  if (older === undefined) list.oldest = younger;
  else older.younger = younger;
  if (younger === undefined) list.youngest = older;
  else younger.older = older;
  item.older = undefined;
  item.younger = undefined;
  list.size--;
}

/** The items, the oldest first. None may come or go while they are gone through. */
export function* itemsOf<T extends Linked<T>>(list: List<T>): Generator<T, void> {
  for (let item = list.oldest; item !== undefined; item = item.younger) yield item;
}

/** Whether the item is where its neighbours, or the ends of the list, say that it is. */
export function isIn<T extends Linked<T>>(list: List<T>, item: T): boolean {
  const before = item.older === undefined ? list.oldest : item.older.younger;
  const after = item.younger === undefined ? list.youngest : item.younger.older;
  return before === item && after === item;
}

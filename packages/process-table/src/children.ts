/** The list of a task's children, and within it the list of those that can be reaped. Both are in the same order. */
import type { Table } from './table.ts';
import type { Task, ThreadGroup } from './task.ts';

/** Makes the process the youngest child. */
export function addChild<P>(t: Table<P>, parent: Task<P>, child: ThreadGroup<P>): void {
  child.parent = parent;
  child.order = t.nextOrder++;
  child.nextSibling = undefined;
  child.prevSibling = parent.lastChild;
  if (parent.lastChild === undefined) parent.firstChild = child;
  else parent.lastChild.nextSibling = child;
  parent.lastChild = child;
}

/** Takes the process out of its parent's lists. */
export function removeChild<P>(child: ThreadGroup<P>): void {
  const parent = child.parent!;
  if (child.waitable) removeZombie(parent, child);
  if (child.prevSibling === undefined) parent.firstChild = child.nextSibling;
  else child.prevSibling.nextSibling = child.nextSibling;
  if (child.nextSibling === undefined) parent.lastChild = child.prevSibling;
  else child.nextSibling.prevSibling = child.prevSibling;
  child.nextSibling = undefined;
  child.prevSibling = undefined;
  child.parent = undefined;
}

/** The process can be reaped from now on. Looks for its place from the youngest end: mostly that is where it is. */
export function addZombie<P>(child: ThreadGroup<P>): void {
  const parent = child.parent!;
  let before = parent.lastZombie;
  // The oldest child is first whatever is behind it, so a burst that ends from young to old is quick too.
  if (parent.firstZombie !== undefined && child.order < parent.firstZombie.order) before = undefined;
  else while (before !== undefined && before.order > child.order) before = before.prevZombie;
  const after = before === undefined ? parent.firstZombie : before.nextZombie;
  child.prevZombie = before;
  child.nextZombie = after;
  if (before === undefined) parent.firstZombie = child;
  else before.nextZombie = child;
  if (after === undefined) parent.lastZombie = child;
  else after.prevZombie = child;
  child.waitable = true;
}

function removeZombie<P>(parent: Task<P>, child: ThreadGroup<P>): void {
  if (child.prevZombie === undefined) parent.firstZombie = child.nextZombie;
  else child.prevZombie.nextZombie = child.nextZombie;
  if (child.nextZombie === undefined) parent.lastZombie = child.prevZombie;
  else child.nextZombie.prevZombie = child.prevZombie;
  child.nextZombie = undefined;
  child.prevZombie = undefined;
  child.waitable = false;
}

/** Moves the process from its parent to the young end of another's list. */
export function moveChild<P>(t: Table<P>, next: Task<P>, child: ThreadGroup<P>): void {
  const { waitable } = child;
  removeChild(child);
  addChild(t, next, child);
  if (waitable) addZombie(child);
}

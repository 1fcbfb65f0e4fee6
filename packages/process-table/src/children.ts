/** The children of a task, and among them those that can be reaped. Both are in the same order, the oldest first. */
import { enter, leave } from './roster.ts';
import { Brood, type Task, type ThreadGroup } from './task.ts';

/** Makes the process the youngest child. */
export function addChild<P>(parent: Task<P>, child: ThreadGroup<P>): void {
  parent.brood ??= new Brood();
  child.realParent = parent;
  child.childAt = enter(parent.brood, child, moveTo);
}

function moveTo<P>(child: ThreadGroup<P>, place: number): void {
  child.childAt = place;
}

/** Takes the process out of its parent's lists. */
export function removeChild<P>(child: ThreadGroup<P>): void {
  const brood = child.realParent!.brood!;
  if (child.waitable) removeZombie(brood, child);
  leave(brood, child.childAt);
  child.realParent = undefined;
}

/** The process can be reaped from now on. Looks for its place from the youngest end: mostly that is where it is. */
export function addZombie<P>(child: ThreadGroup<P>): void {
  const brood = child.realParent!.brood!;
  let before = brood.lastZombie;
  // The oldest child is first whatever is behind it, so a burst that ends from young to old is quick too.
  if (brood.firstZombie !== undefined && child.childAt < brood.firstZombie.childAt) before = undefined;
  else while (before !== undefined && before.childAt > child.childAt) before = before.prevZombie;
  const after = before === undefined ? brood.firstZombie : before.nextZombie;
  child.prevZombie = before;
  child.nextZombie = after;
  if (before === undefined) brood.firstZombie = child;
  else before.nextZombie = child;
  if (after === undefined) brood.lastZombie = child;
  else after.prevZombie = child;
  child.waitable = true;
}

function removeZombie<P>(brood: Brood<P>, child: ThreadGroup<P>): void {
  if (child.prevZombie === undefined) brood.firstZombie = child.nextZombie;
  else child.prevZombie.nextZombie = child.nextZombie;
  if (child.nextZombie === undefined) brood.lastZombie = child.prevZombie;
  else child.nextZombie.prevZombie = child.prevZombie;
  child.nextZombie = undefined;
  child.prevZombie = undefined;
  child.waitable = false;
}

/** Moves the process from its parent to the young end of another's list. */
export function moveChild<P>(next: Task<P>, child: ThreadGroup<P>): void {
  const { waitable } = child;
  removeChild(child);
  addChild(next, child);
  if (waitable) addZombie(child);
}

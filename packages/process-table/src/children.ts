/** The children of a task, and among them those that can be reaped. Both are in the same order, the oldest first. */
import { PlaceSet } from './place-set.ts';
import { enter, leave } from './roster.ts';
import { Brood, type Task, type ThreadGroup } from './task.ts';

/** Makes the process the youngest child. */
export function addChild<P>(parent: Task<P>, child: ThreadGroup<P>): void {
  parent.brood ??= new Brood();
  child.realParent = parent;
  child.childAt = enter(parent.brood, child);
}

/** Takes the process out of its parent's lists. */
export function removeChild<P>(child: ThreadGroup<P>): void {
  const brood = child.realParent!.brood!;
  if (child.waitable) {
    brood.zombies!.remove(child.childAt);
    child.waitable = false;
  }
  leave(brood, child.childAt);
  child.realParent = undefined;
}

/** The process can be reaped from now on. */
export function addZombie<P>(child: ThreadGroup<P>): void {
  const brood = child.realParent!.brood!;
  brood.zombies ??= new PlaceSet();
  brood.zombies.add(child.childAt);
  child.waitable = true;
}

/** The oldest child that can be reaped, or of those younger than `before` the oldest. */
export function nextZombie<P>({ brood }: Task<P>, before: ThreadGroup<P> | undefined): ThreadGroup<P> | undefined {
  if (brood?.zombies === undefined || brood.zombies.size === 0) return undefined;
  const place = brood.zombies.next(before === undefined ? -1 : before.childAt);
  return place === -1 ? undefined : brood.places[place];
}

/** Moves the process from its parent to the young end of another's list. */
export function moveChild<P>(next: Task<P>, child: ThreadGroup<P>): void {
  const { waitable } = child;
  removeChild(child);
  addChild(next, child);
  if (waitable) addZombie(child);
}

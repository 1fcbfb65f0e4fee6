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
    removeZombie(brood, child.childAt);
    child.waitable = false;
  }
  leave(brood, child.childAt);
  child.realParent = undefined;
}

/** The process can be reaped from now on. */
export function addZombie<P>(child: ThreadGroup<P>): void {
  const brood = child.realParent!.brood!;
  const place = child.childAt;
  if (brood.zombieCount === 0) brood.zombieAt = place;
  else {
    brood.zombies ??= new PlaceSet();
    if (brood.zombieCount === 1) brood.zombies.add(brood.zombieAt);
    brood.zombies.add(place);
  }
  brood.zombieCount++;
  child.waitable = true;
}

function removeZombie<P>(brood: Brood<P>, place: number): void {
  if (brood.zombieCount > 1) {
    brood.zombies!.remove(place);
    if (brood.zombieCount === 2) {
      brood.zombieAt = brood.zombies!.next(-1);
      brood.zombies!.clear();
    }
  }
  brood.zombieCount--;
}

/** The oldest child that can be reaped, or of those younger than `before` the oldest. */
export function nextZombie<P>({ brood }: Task<P>, before: ThreadGroup<P> | undefined): ThreadGroup<P> | undefined {
  if (brood === undefined || brood.zombieCount === 0) return undefined;
  if (brood.zombieCount === 1) return before === undefined ? brood.places[brood.zombieAt] : undefined;
  const place = brood.zombies!.next(before === undefined ? -1 : before.childAt);
  return place === -1 ? undefined : brood.places[place];
}

/** Moves the process from its parent to the young end of another's list. */
export function moveChild<P>(next: Task<P>, child: ThreadGroup<P>): void {
  const { waitable } = child;
  removeChild(child);
  addChild(next, child);
  if (waitable) addZombie(child);
}

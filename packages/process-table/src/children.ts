/**
 * The children of a task, linked through themselves, and among them those that can be reaped. Both are in the same order, the
 * oldest first.
 *
 * Mostly one child can be reaped at a time. Where they are more a set of their numbers says who is the oldest: children are
 * numbered as they come, and anew when most numbers are of those who are gone.
 */
import { PlaceSet } from './place-set.ts';
import { Brood, type Task, type ThreadGroup, type Zombies } from './task.ts';

/** No child has a larger number: a larger one would take more memory. */
const LAST_NR = 0x3fff_ffff;

/** Makes the process the youngest child. */
export function addChild<P>(parent: Task<P>, child: ThreadGroup<P>): void {
  parent.brood ??= new Brood();
  const { brood } = parent;
  const { youngest } = brood;
  if (brood.nextNr > LAST_NR) renumber(brood);
  child.realParent = parent;
  child.childNr = brood.nextNr++;
  child.olderSibling = youngest;
  if (youngest === undefined) brood.oldest = child;
  else youngest.youngerSibling = child;
  brood.youngest = child;
  brood.size++;
}

/** Takes the process out of its parent's lists. */
export function removeChild<P>(child: ThreadGroup<P>): void {
  const brood = child.realParent!.brood!;
  const { olderSibling: older, youngerSibling: younger } = child;
  if (child.waitable) removeZombie(brood, child);
  if (older === undefined) brood.oldest = younger;
  else older.youngerSibling = younger;
  if (younger === undefined) brood.youngest = older;
  else younger.olderSibling = older;
  child.olderSibling = undefined;
  child.youngerSibling = undefined;
  child.realParent = undefined;
  brood.size--;
}

/** The process can be reaped from now on. */
export function addZombie<P>(child: ThreadGroup<P>): void {
  const brood = child.realParent!.brood!;
  child.waitable = true;
  if (brood.zombieCount++ === 0) brood.zombie = child;
  else addFurther(brood, child);
}

/** Room for numbers of those who are gone, whoever is there. */
const FEW = 16;

function addFurther<P>(brood: Brood<P>, child: ThreadGroup<P>): void {
  brood.zombies ??= { set: new PlaceSet(), byNr: [] };
  const { zombie, zombies } = brood;
  brood.zombie = undefined;
  if (brood.nextNr > 4 * brood.size + FEW) renumber(brood);
  else {
    if (zombie !== undefined) put(zombies, zombie);
    put(zombies, child);
  }
}

function put<P>({ set, byNr }: Zombies<P>, child: ThreadGroup<P>): void {
  while (byNr.length <= child.childNr) byNr.push(undefined);
  byNr[child.childNr] = child;
  set.add(child.childNr);
}

function take<P>({ set, byNr }: Zombies<P>, child: ThreadGroup<P>): void {
  byNr[child.childNr] = undefined;
  set.remove(child.childNr);
}

/** Numbers the children anew, and with them those that can be reaped, if they are more than one. */
function renumber<P>(brood: Brood<P>): void {
  const zombies = brood.zombieCount > 1 ? brood.zombies : undefined;
  if (zombies !== undefined) {
    zombies.set.clear();
    zombies.byNr.length = 0;
  }
  brood.nextNr = 0;
  for (let child = brood.oldest; child !== undefined; child = child.youngerSibling) {
    child.childNr = brood.nextNr++;
    if (zombies !== undefined && child.waitable) put(zombies, child);
  }
}

function removeZombie<P>(brood: Brood<P>, child: ThreadGroup<P>): void {
  child.waitable = false;
  if (--brood.zombieCount === 0) {
    brood.zombie = undefined;
    return;
  }
  const zombies = brood.zombies!;
  take(zombies, child);
  if (brood.zombieCount > 1) return;
  brood.zombie = zombies.byNr[zombies.set.next(-1)]!;
  take(zombies, brood.zombie);
}

/** The oldest child that can be reaped, or of those younger than `before` the oldest. */
export function nextZombie<P>(parent: Task<P>, before: ThreadGroup<P> | undefined): ThreadGroup<P> | undefined {
  const { brood } = parent;
  if (brood === undefined) return undefined;
  if (brood.zombieCount < 2) return before === undefined ? brood.zombie : undefined;
  const { set, byNr } = brood.zombies!;
  const nr = set.next(before === undefined ? -1 : before.childNr);
  return nr === -1 ? undefined : byNr[nr];
}

/** Moves the process from its parent to the young end of another's list. */
export function moveChild<P>(next: Task<P>, child: ThreadGroup<P>): void {
  const { waitable } = child;
  removeChild(child);
  addChild(next, child);
  if (waitable) addZombie(child);
}

/** An allocator by itself: pids, references, tasks and namespaces come and go, and numbers come round all the time. */
import type { Choices } from '@pidlab/conformance/random';
import {
  CLONE_NEWPID,
  type NsRef,
  PIDTYPE_PID,
  type PidAllocator,
  type PidRef,
  type Strategy,
  type TaskRef,
} from '@pidlab/contract';
import { brokenIn, type Load, Rounds } from './load.ts';

/** As many as there are at once. */
const PIDS = 3_000;
const NAMESPACES = 24;
/** Numbers come round every so many allocations. */
const PID_MAX = 4_000;

interface Place {
  readonly pid: PidRef;
  readonly nr: number;
  readonly ns: NsRef;
  readonly task: TaskRef | undefined;
}

export function numbersOf({ createPidAllocator }: Strategy): Load {
  const a = createPidAllocator({ capacity: 8_192, namespaces: 64, pidMax: PID_MAX });
  return new Numbers(a);
}

class Numbers implements Load {
  readonly name = 'numbers';
  readonly #a: PidAllocator;
  readonly #namespaces: NsRef[] = [];
  readonly #places: Place[] = [];
  readonly #rounds = new Rounds();

  constructor(a: PidAllocator) {
    this.#a = a;
  }

  get wraps(): number {
    return this.#rounds.count;
  }

  usedBytes(): number {
    return this.#a.stats().usedBytes;
  }

  violations(): readonly string[] {
    return brokenIn(this.#a);
  }

  step(random: Choices): void {
    const chance = random.below(100);
    if (chance < 45) this.#comeOrGo(random);
    else if (chance < 90) this.#look(random);
    else if (chance < 95) this.#hold(random);
    else if (chance < 96) this.#nest(random);
    else this.#exec(random);
  }

  /** As many come as go, once there are as many as there may be. */
  #comeOrGo(random: Choices): void {
    const { length } = this.#places;
    if (length < PIDS && (length === 0 || random.below(2 * PIDS) > length)) this.#bear(random);
    else this.#end(random.below(length));
  }

  #bear(random: Choices): void {
    const a = this.#a;
    const ns = random.below(4) === 0 && this.#namespaces.length > 0 ? random.pick(this.#namespaces) : a.initPidNs;
    const pid = a.allocPid(ns);
    const nr = a.pidNrNs(pid, ns);
    if (ns === a.initPidNs) this.#rounds.note(nr);
    let task: TaskRef | undefined;
    if (random.below(2) === 0) {
      task = a.allocTask();
      a.attachPid(task, PIDTYPE_PID, pid);
    }
    this.#places.push({ pid, nr, ns, task });
  }

  #end(place: number): void {
    const a = this.#a;
    const { pid, task } = this.#places[place];
    if (task === undefined) {
      a.freePid(pid);
    } else {
      a.detachPid(task, PIDTYPE_PID);
      a.freeTask(task);
    }
    this.#remove(place);
  }

  #remove(place: number): void {
    const last = this.#places.pop()!;
    if (place < this.#places.length) this.#places[place] = last;
  }

  #look(random: Choices): void {
    if (this.#places.length === 0) return;
    const a = this.#a;
    const { pid, nr, ns } = random.pick(this.#places);
    if (a.findPidNs(nr, ns) !== pid) throw new Error(`number ${nr} leads to another pid`);
    if (a.findGePid(nr, ns) !== pid || a.pidNrNs(pid, ns) !== nr) throw new Error(`number ${nr} is not what it was`);
  }

  #hold(random: Choices): void {
    if (this.#places.length === 0) return;
    const a = this.#a;
    const { pid } = random.pick(this.#places);
    a.getPid(pid);
    if (a.pidCount(pid) !== 2) throw new Error(`a pid has ${a.pidCount(pid)} references, not 2`);
    a.putPid(pid);
  }

  /** One namespace more, or one fewer with all that is in it. */
  #nest(random: Choices): void {
    const a = this.#a;
    if (this.#namespaces.length < NAMESPACES && random.below(2) === 0) {
      const ns = a.copyPidNs(CLONE_NEWPID, a.initPidNs);
      a.setPidMax(ns, 400 + random.below(PID_MAX));
      this.#namespaces.push(ns);
    } else if (this.#namespaces.length > 0) {
      const [ns] = this.#namespaces.splice(random.below(this.#namespaces.length), 1);
      for (let i = this.#places.length - 1; i >= 0; i--) if (this.#places[i].ns === ns) this.#end(i);
      a.putPidNs(ns);
    }
  }

  /** Another task takes the place of one. */
  #exec(random: Choices): void {
    if (this.#places.length === 0) return;
    const a = this.#a;
    const at = random.below(this.#places.length);
    const place = this.#places[at];
    if (place.task === undefined) return;
    const task = a.allocTask();
    a.transferPid(place.task, task, PIDTYPE_PID);
    a.freeTask(place.task);
    this.#places[at] = { ...place, task };
  }
}

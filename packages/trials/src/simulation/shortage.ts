/**
 * Memory that runs out on one side, and on the other side where it did there: an allocator that meets faults, and a model that is
 * led to fail at the same call of the same operation, with its cursors where those of the other one are then.
 */
import { type NsRef, type PidAllocator, PidError } from '@pidlab/contract';

/** What came of a call that takes memory, where it was not as the model would have it. */
type Note =
  | { readonly failed: string; readonly cursors: readonly number[] }
  /** A number was taken from another page than the next one. */
  | { readonly cursors: readonly number[] }
  | undefined;

/** The notes of an operation, call by call. */
export class Shortage {
  notes: Note[] = [];
  #isFault: () => boolean;

  /** `isFault` says whether a fault came since it was last asked. */
  constructor(isFault: () => boolean) {
    this.#isFault = isFault;
  }

  /** The allocator, whose calls are noted. */
  noting(a: PidAllocator): PidAllocator {
    return {
      ...a,
      allocPid: (ns, setTid) =>
        this.#noted(
          () => a.allocPid(ns, setTid),
          (pid) => namespacesFrom(a, ns).map((at) => (pid === undefined ? a.lastPid(at) : a.pidNrNs(pid, at) - 1)),
        ),
      allocTask: () => this.#noted(a.allocTask, () => []),
      copyPidNs: (flags, old) =>
        this.#noted(
          () => a.copyPidNs(flags, old),
          () => [],
        ),
    };
  }

  /** Makes a call. `cursorsAfter` says where the model's cursors have to be, by what was made, if anything was. */
  #noted<T>(call: () => T, cursorsAfter: (made?: T) => readonly number[]): T {
    const place = this.notes.push(undefined) - 1;
    this.#isFault();
    try {
      const made = call();
      if (this.#isFault()) this.notes[place] = { cursors: cursorsAfter(made) };
      return made;
    } catch (error) {
      if (this.#isFault() && error instanceof PidError && error.code === 'ENOMEM')
        this.notes[place] = { failed: error.op, cursors: cursorsAfter() };
      throw error;
    }
  }

  /** A model that follows the notes of the same operation. */
  following(model: PidAllocator): PidAllocator {
    const follow = (ns?: NsRef): void => {
      const note = this.notes.shift();
      if (note === undefined) return;
      if (ns !== undefined)
        for (const [i, at] of namespacesFrom(model, ns).entries())
          if (note.cursors[i] !== undefined && note.cursors[i] >= 0) model.setLastPid(at, note.cursors[i]);
      if ('failed' in note) throw new PidError('ENOMEM', note.failed, 'as it was on the other side');
    };
    return {
      ...model,
      allocPid(ns, setTid) {
        follow(ns);
        return model.allocPid(ns, setTid);
      },
      allocTask() {
        follow();
        return model.allocTask();
      },
      copyPidNs(flags, old) {
        follow();
        return model.copyPidNs(flags, old);
      },
    };
  }
}

/** A namespace and those above it, as many as a pid of it has numbers in. */
function namespacesFrom(a: PidAllocator, ns: NsRef): NsRef[] {
  const found: NsRef[] = [];
  for (let at: NsRef | undefined = ns; at !== undefined; at = a.nsParent(at)) found.push(at);
  return found.slice(0, a.traits.maxNumbers);
}

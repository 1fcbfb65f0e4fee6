/** Beginnings that several scenarios share. */
import type { Beginning } from '../scenario.ts';

type More = (b: Beginning) => void;

/** A namespace `c` whose cursor is at its beginning, with the threads ready for it. */
export function child(more: More = () => {}): More {
  return (b) => {
    b.ns('c');
    b.warm(0, 1);
    b.cursor(0, 'c');
    more(b);
  };
}

/** The same where the threads have had pids in it before: the next number is not its first. */
export function usedChild(more: More = () => {}): More {
  return (b) => {
    b.ns('c');
    b.warm(0, 1);
    more(b);
  };
}

/** Tasks `t` and `u` and pids `a` and `b`. */
export function tasks(more: More = () => {}): More {
  return (b) => {
    b.task('t');
    b.task('u');
    b.pid('a');
    b.pid('b');
    more(b);
  };
}

/** A namespace `c` with pids `a` and `b`, and tasks `t` and `u`. */
export function office(more: More = () => {}): More {
  return (b) => {
    b.ns('c');
    b.warm(0, 1);
    b.task('t');
    b.task('u');
    b.cursor(0, 'c');
    b.pid('a', 'c');
    b.pid('b', 'c');
    more(b);
  };
}

/** All four numbers of a small root are taken, and the cursor is before the last, which `a` has. */
export function full(more: More = () => {}): More {
  return (b) => {
    b.cursor(296);
    for (const name of 'wxya') b.pid(name);
    b.cursor(299);
    more(b);
  };
}

/** The pid `a` has that number of the root. */
export function numbered(nr: number, more: More = () => {}): More {
  return (b) => {
    b.cursor(nr - 1);
    b.pid('a');
    more(b);
  };
}

/** The serial of the root, by which a design salts the hash that has more than one level. */
const ROOT_SERIAL = 0x85eb_ca6b | 0;

/** Names `x`, `y`, `z` and `v` for numbers that share a slot of the hash table, and `w` for one that does not. */
export function alike(more: More = () => {}): More {
  return (b) => {
    const { slots } = b.a.stats().hashTables[0] ?? { slots: 16 };
    const shift = 32 - Math.log2(slots);
    const serial = b.a.traits.maxLevel > 1 ? ROOT_SERIAL : 0;
    const slot = (nr: number): number => (Math.imul((nr >>> 4) + serial, 0x61c8_8647) >>> shift) ^ (nr & 15);
    const names = [...'xyzv'];
    for (let nr = 310; names.length > 0 && nr < 32_000; nr++) if (slot(nr) === slot(310)) b.set(names.shift()!, nr);
    b.set('w', 311);
    more(b);
  };
}

/** Serials that come round: what somebody remembers is never given to another namespace. */
import { CLONE_NEWPID, type NsRef, type PidRef } from '@pidlab/contract';
import { describe, expect, test } from 'vitest';
import { HEADER, NS, PID_HEAD } from '../src/layout.ts';
import { injectFaults } from '../src/memory/faults.ts';
import { at, type Made, make } from './design.ts';

const { lastSerial: LAST, serialEnd: END } = HEADER.at;
/** The word of a pid in which the namespace of its first number is. */
const upidWord: number = PID_HEAD.words + 1;
const STEP = 0x85eb_ca6b | 0;
/** The serial so many steps from 0. */
const serialAt = (place: number): number => Math.imul(place, STEP);
const serialOf = ({ s }: Made, ns: NsRef): number => s.words[at(ns) + NS.at.serial]!;
const newNs = ({ a }: Made): NsRef => a.copyPidNs(CLONE_NEWPID, a.initPidNs);

/** As if so many steps had been gone already. */
function goTo({ s }: Made, place: number): void {
  s.words[LAST] = serialAt(place);
}

/** A pid that is freed and kept, of a namespace that is gone. */
function keptPid(made: Made): { readonly pid: PidRef; readonly serial: number } {
  const { a } = made;
  const ns = newNs(made);
  const serial = serialOf(made, ns);
  const pid = a.allocPid(ns);
  a.getPid(pid);
  a.freePid(pid);
  a.putPidNs(ns);
  return { pid, serial };
}

describe('when all serials have been given', () => {
  test('they begin again, without those that a namespace has or a pid remembers', () => {
    const made = make();
    const { a } = made;
    const kept = Array.from({ length: 5 }, () => keptPid(made));
    const living = newNs(made);
    goTo(made, 2 ** 32 - 3);
    const serials = new Set<number>();
    for (let i = 0; i < 300; i++) {
      const ns = newNs(made);
      serials.add(serialOf(made, ns));
      for (const { pid } of kept) expect([a.pidNs(pid), a.pidNrNs(pid, ns)]).toEqual([undefined, 0]);
      a.putPidNs(ns);
    }
    expect(serials.size).toBe(300);
    for (const { serial } of kept) expect(serials).not.toContain(serial);
    expect(serials).not.toContain(serialOf(made, living));
    expect(a.checkInvariants()).toEqual({ violations: [], leaked: [] });
  });

  test('they begin where most are free, and end before what is remembered', () => {
    const made = make();
    const { a, s } = made;
    goTo(made, 1_000_000);
    const early = keptPid(made);
    goTo(made, 3_000_000_000);
    const late = keptPid(made);
    goTo(made, 2 ** 32 - 2);
    const first = serialOf(made, newNs(made));
    expect(s.words[END]! >>> 0).toBeGreaterThan(2_000_000_000);
    expect(Math.imul(first, 0xa5cb_9243 | 0) >>> 0).toBeGreaterThan(1_000_000);
    goTo(made, (s.words[END]! >>> 0) - 1);
    const next = serialOf(made, newNs(made));
    expect([early.serial, late.serial]).not.toContain(next);
    expect(a.checkInvariants()).toEqual({ violations: [], leaked: [] });
  });

  test('what the header has of them is nothing that a handle could mean', () => {
    const made = make();
    const { s } = made;
    // A namespace's serial after which the largest stretch begins, and in a pid a word that looks like a record's first one.
    goTo(made, 1_000);
    const { pid } = keptPid(made);
    const at1 = at(pid);
    const seen: number[] = [];
    for (let place = 2_000; place < 2_100; place++) {
      s.words[at1 + upidWord] = serialAt(place);
      goTo(made, 2 ** 32 - 1);
      s.words[END] = 0;
      // The stretch is found, and then there is no memory for the namespace.
      injectFaults((what) => what === 'pid_namespace');
      expect(() => newNs(made)).toThrow(/ENOMEM|room/);
      injectFaults();
      seen.push(s.words[LAST]!);
    }
    expect(seen.filter((serial) => serial >>> 29 >= 1 && serial >>> 29 <= 3)).toEqual([]);
    expect(END % 16).not.toBe(0);
  });

  test('one that is no longer remembered may come again', () => {
    const made = make();
    const { a } = made;
    const { pid, serial } = keptPid(made);
    a.putPid(pid);
    goTo(made, 2 ** 32 - 1);
    const found = new Set<number>();
    for (let i = 0; i < 30; i++) {
      const ns = newNs(made);
      found.add(serialOf(made, ns));
      a.putPidNs(ns);
    }
    // The root has the first; this one came right after it.
    expect(found).toContain(serial);
  });

  test('a snapshot goes on where they were', () => {
    const made = make();
    keptPid(made);
    goTo(made, 2 ** 32 - 1);
    newNs(made);
    const again = make({ snapshot: made.a.snapshot() });
    expect(again.a.checkInvariants().violations).toEqual([]);
    expect(serialOf(again, newNs(again))).toBe(serialOf(made, newNs(made)));
  });
});

/**
 * A schedule as text: what `--schedule` takes.
 *
 * | part | means |
 * | --- | --- |
 * | `f0→1` | at free choice 0, where a thread could not go on, thread 1 did |
 * | `a57→0` | before access 57, all threads' counted, thread 0 went on |
 * | `a57!1` | before access 57 the stores of thread 1 that were late went to memory |
 * | `k0@5` | thread 0 was stopped for good before its store 5 |
 * | `w1.3`, `r1.3` | store 3 of thread 1 was late, load 3 of thread 1 was early |
 */
import type { Whim } from './weak.ts';

export interface Schedule {
  readonly stops: readonly string[];
  readonly kill: readonly number[];
  readonly whim: Whim | undefined;
}

export function showSchedule({ stops, kill, whim }: Schedule): string {
  const kills = [...kill.entries()].filter(([, store]) => store > 0).map(([thread, store]) => `k${thread}@${store}`);
  const whims =
    whim === undefined
      ? []
      : [whim.late === undefined ? `r${whim.thread}.${whim.early}` : `w${whim.thread}.${whim.late}`];
  return [...kills, ...whims, ...stops].join(',') || 'f0→0';
}

/** Throws a SyntaxError that names the part which is none. */
export function readSchedule(text: string): Schedule {
  const stops: string[] = [];
  const kill: number[] = [];
  let whim: Whim | undefined;
  for (const part of text.split(/[,\s]+/).filter((one) => one !== '')) {
    const killed = /^k(\d+)@(\d+)$/.exec(part);
    const moved = /^([wr])(\d+)\.(\d+)$/.exec(part);
    if (killed !== null) kill[Number(killed[1])] = Number(killed[2]);
    else if (moved !== null)
      whim = { thread: Number(moved[2]), [moved[1] === 'w' ? 'late' : 'early']: Number(moved[3]) };
    else if (/^[af]\d+(?:→|!)\d+$/.test(part)) stops.push(part);
    else
      throw new SyntaxError(
        `${part} is no part of a schedule; it has to be like f0→1, a57→0, a57!1, k0@5, w1.3 or r1.3`,
      );
  }
  return { stops, kill: Array.from(kill, (store) => store ?? 0), whim };
}

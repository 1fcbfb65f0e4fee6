import { readdirSync, readFileSync } from 'node:fs';
import { plan, runCase } from '@pidlab/conformance';
import type { PidAllocator, Strategy } from '@pidlab/contract';

// That two designs keep a clause does not say that they do the same in it: a clause may allow that a third level is refused,
// or that the root sees a large number. So each clause is run once more on an allocator that writes down what it is asked and
// what it answers, and where the designs' lists part, they behave differently. Handles differ always and are left out.

/** What a clause asked of a design and what came of it, call by call: `pidNr → 4194305`. */
export interface Transcript {
  readonly clause: string;
  readonly scope: string;
  readonly sentence: string;
  readonly source: string;
  readonly calls: readonly string[];
}

/** A clause in which designs did not all do the same. */
export interface Difference extends Omit<Transcript, 'calls'> {
  /** Where the clause is written: a file of the repository, and a line. */
  readonly file?: string;
  /** By strategy: the first call whose outcome was not the same for all. Who has no such scope is left out. */
  readonly does: Readonly<Record<string, string>>;
}

/** So many calls of a clause are written down: designs that part do so early, and some clauses make millions. */
const CALLS = 400;

/** Runs every clause that is not about size or threads, or only those named, and writes down what the design did. */
export function transcriptsOf(strategy: Strategy, clauses?: readonly string[]): Transcript[] {
  let calls: string[] = [];
  const observed: Strategy = {
    ...strategy,
    createPidAllocator: (options) => observedAllocator(strategy.createPidAllocator(options), () => calls),
  };
  return plan(observed, { shared: false, scale: false, ...(clauses ? { clauses } : {}) }).map((each) => {
    calls = [];
    runCase(each);
    const { id, sentence, source } = each.clause;
    return { clause: id, scope: each.scope.name, sentence, source, calls };
  });
}

/** Which arguments are numbers that mean the same to everybody, by call. */
const PLAIN_ARGUMENTS: Readonly<Record<string, number>> = {
  allocPid: 1,
  setLastPid: 1,
  setPidMax: 1,
  nextPidmap: 1,
  findPidNs: 0,
  findPid: 0,
  findVpid: 0,
  findGetPid: 0,
  findGePid: 0,
  findTaskByPid: 0,
  findTaskByVpid: 0,
  findTaskByPidNs: 0,
};

/** Calls that answer with a number that users see, or a truth; of the others' answers only whether there was one counts. */
const PLAIN_ANSWERS = new Set([
  ...['lastPid', 'pidMax', 'nextPidmap', 'pidCount', 'pidNrNs', 'pidNr', 'pidVnr', 'isContainerInit', 'nsLevel'],
  ...['taskPidNrNs', 'taskTgidNrNs', 'taskPgrpNrNs', 'taskSessionNrNs', 'zapPidNsProcesses'],
]);

/** What a design keeps its records in is its own affair. */
const PRIVATE = new Set(['stats', 'slabInfo', 'checkInvariants', 'snapshot', 'share', 'detach', 'declareGone']);

/** The same allocator; what it keeps to itself is not observed, and nobody walks over its invariants again: that takes longest. */
function observedAllocator(a: PidAllocator, listOf: () => string[]): PidAllocator {
  const observed = Object.entries(a).map(([name, value]) => [
    name,
    typeof value === 'function' && !PRIVATE.has(name) ? observedCall(name, value as Call, listOf) : value,
  ]);
  return { ...Object.fromEntries(observed), checkInvariants: () => ({ violations: [], leaked: [] }) };
}

type Call = (...values: unknown[]) => unknown;

function observedCall(name: string, real: Call, listOf: () => string[]): Call {
  return (...values) => {
    const calls = listOf();
    if (calls.length >= CALLS) return real(...values);
    const shown = name in PLAIN_ARGUMENTS ? values[PLAIN_ARGUMENTS[name]] : undefined;
    const call = shown === undefined ? name : `${name}(${shown})`;
    try {
      const answer = real(...values);
      calls.push(`${call} → ${outcomeOf(name, answer)}`);
      return answer;
    } catch (error) {
      const { code, name: kind } = error as { code?: unknown; name?: unknown };
      calls.push(`${call} → ${code ?? kind}`);
      throw error;
    }
  };
}

/** Whether something was found; a call that looks for nothing just went well. */
function outcomeOf(name: string, answer: unknown): string {
  if (PLAIN_ANSWERS.has(name) || typeof answer === 'boolean') return String(answer ?? 'none');
  if (!LOOKS_FOR.test(name)) return 'done';
  return answer === undefined ? 'none' : 'found';
}

const LOOKS_FOR = /^(find|next|pidTask|taskPid|getTaskPid|pidNs|nsParent|childReaper|taskActive)/;

/** The clauses in which those of these designs that ran them did not all do the same. */
export function differencesOf(byStrategy: ReadonlyMap<string, readonly Transcript[]>): Difference[] {
  const places = clausePlaces();
  const found = new Map<string, Map<string, Transcript>>();
  for (const [strategy, transcripts] of byStrategy)
    for (const transcript of transcripts) {
      const key = `${transcript.clause} ${transcript.scope}`;
      found.set(key, (found.get(key) ?? new Map()).set(strategy, transcript));
    }
  return [...found.values()].flatMap((each): Difference[] => {
    const at = firstDifference([...each.values()].map(({ calls }) => calls));
    if (at === undefined) return [];
    const [{ calls: _, ...about }] = each.values();
    const file = places.get(about.clause);
    const does = Object.fromEntries([...each].map(([name, { calls }]) => [name, calls[at] ?? 'nothing more']));
    return [{ ...about, ...(file === undefined ? {} : { file }), does }];
  });
}

function firstDifference(lists: readonly (readonly string[])[]): number | undefined {
  const [first, ...others] = lists;
  const longest = Math.max(...lists.map(({ length }) => length));
  for (let i = 0; i < longest; i++) if (others.some((other) => other[i] !== first[i])) return i;
  return undefined;
}

/** Where each clause is written, as a path of the repository: `…/alloc.ts#L37`. Empty where the sources are not at hand. */
function clausePlaces(): Map<string, string> {
  const places = new Map<string, string>();
  const folder = new URL('../src/suite/chapters/', import.meta.resolve('@pidlab/conformance'));
  let files: string[];
  try {
    files = readdirSync(folder);
  } catch {
    return places;
  }
  for (const file of files) {
    const text = readFileSync(new URL(file, folder), 'utf8');
    const chapter = /\bchapter\('(\w+)'/.exec(text)?.[1];
    for (const { 1: nr, index } of text.matchAll(/\bclause\(\s*(\d+),/g)) {
      const line = text.slice(0, index).split('\n').length;
      places.set(`${chapter}-${nr}`, `packages/conformance/src/suite/chapters/${file}#L${line}`);
    }
  }
  return places;
}

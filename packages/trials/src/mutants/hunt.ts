import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildStrategy } from './build.ts';
import { type Mutant, type Strategy, strategyOf } from './mutant.ts';

/** Tests load this file as it is, and a process only what has been built. */
const RUNNER = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../dist/mutants/runner.js' : './runner.js', import.meta.url),
);

/** What a runner is asked. */
export interface Question {
  /** The strategy's module. */
  readonly file: string;
  /** The clauses to run; all but those about sheer size when it is left out. */
  readonly clauses?: readonly string[];
  /** Milliseconds for which a clause about several threads is tried again while it holds: what it is to find is up to chance. */
  readonly againMs: number;
}

/** What it says meanwhile: where it is, what failed, and how many clauses ran in the end. */
export type Message = { readonly at: string } | { readonly failure: Failure } | { readonly done: number };

export interface Failure {
  readonly clause: string;
  /** The clause itself held; the walk over the invariants after it failed. */
  readonly byInvariants: boolean;
  readonly message: string;
}

export interface Answer {
  readonly failures: readonly Failure[];
  /** How many clauses there were; 0 until it is done. */
  readonly ran: number;
  /** The clause in which it was when its time was up. */
  readonly stuckIn?: string;
}

export interface HuntOptions {
  /** Every clause on every mutant, and all that fail: to find out which one catches it. */
  readonly all: boolean;
  /** Milliseconds for one clause. */
  readonly timeoutMs: number;
  /** The same where the mutant is known to go round in circles. */
  readonly hangMs: number;
  /** Milliseconds for which a clause about several threads is tried again on a mutant. */
  readonly againMs: number;
  /** Processes at once. */
  readonly processes: number;
}

/** Builds every mutant and runs the clause that is named for it, or all of them. Answers are in the order of the mutants. */
export async function hunt(mutants: readonly Mutant[], options: HuntOptions): Promise<Answer[]> {
  const questions = mutants.map((mutant) => ({
    name: mutant.id,
    strategy: strategyOf(mutant),
    mutant,
    ...(options.all ? {} : { clauses: [mutant.caughtBy] }),
  }));
  // Several threads only meet at the wrong moment where they really run at once: alone.
  const isShared = ({ mutant }: Job): boolean => mutant?.caughtBy.startsWith('SHARED-') === true;
  const answers = new Map<Job, Answer>();
  for (const [jobs, processes] of [
    [questions.filter((job) => !isShared(job)), options.processes],
    [questions.filter(isShared), 1],
  ] as const) {
    const some = await askAll(jobs, { ...options, processes });
    for (const [i, job] of jobs.entries()) answers.set(job, some[i]!);
  }
  return questions.map((job) => answers.get(job)!);
}

/** The same on the strategies as they are: every clause that is named for one of their mutants. */
export async function control(mutants: readonly Mutant[], options: HuntOptions): Promise<Map<Strategy, Answer>> {
  const strategies = [...new Set(mutants.map(strategyOf))];
  const questions = strategies.map((strategy) => {
    const named = mutants.filter((mutant) => strategyOf(mutant) === strategy).map((mutant) => mutant.caughtBy);
    return { name: strategy, strategy, mutant: undefined, ...(options.all ? {} : { clauses: [...new Set(named)] }) };
  });
  const answers = await askAll(questions, options);
  return new Map(strategies.map((strategy, i) => [strategy, answers[i]!]));
}

interface Job {
  readonly name: string;
  readonly strategy: Strategy;
  readonly mutant: Mutant | undefined;
  readonly clauses?: readonly string[];
}

async function askAll(jobs: readonly Job[], { timeoutMs, hangMs, againMs, processes }: HuntOptions): Promise<Answer[]> {
  const dir = mkdtempSync(join(tmpdir(), 'pidlab-mutants-'));
  const children = new Set<ChildProcess>();
  const answers: Answer[] = [];
  const waiting = [...jobs.entries()];
  const work = async (): Promise<void> => {
    const ask = runner(children);
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [i, { name, strategy, mutant, clauses }] = next;
      const file = join(dir, `${name}.mjs`);
      await buildStrategy(strategy, mutant === undefined ? [] : [mutant], file);
      const question = { file, againMs: mutant === undefined ? 0 : againMs };
      const clauseMs = mutant?.hangs === true ? hangMs : timeoutMs;
      answers[i] = await ask(clauses === undefined ? question : { ...question, clauses }, { timeoutMs, clauseMs });
    }
  };
  try {
    await Promise.all(Array.from({ length: processes }, () => work()));
    return answers;
  } finally {
    for (const child of children) child.kill('SIGKILL');
    // Another of the processes may be writing there.
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Until a process is at its first clause, and then for each. */
interface Limits {
  readonly timeoutMs: number;
  readonly clauseMs: number;
}

/** Asks one process after the other: a new one whenever the last did not come back. */
function runner(children: Set<ChildProcess>): (question: Question, limits: Limits) => Promise<Answer> {
  let idle: ChildProcess | undefined;
  return (question, { timeoutMs, clauseMs }) =>
    new Promise((resolve, reject) => {
      const child = idle ?? fork(RUNNER, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
      idle = undefined;
      children.add(child);
      const failures: Failure[] = [];
      let at = 'nothing yet';
      const leave = (): void => {
        clearTimeout(timer);
        child.removeAllListeners();
      };
      const giveUp = (): void => {
        leave();
        children.delete(child);
        child.kill('SIGKILL');
        resolve({ failures, ran: 0, stuckIn: at });
      };
      let timer = setTimeout(giveUp, timeoutMs);
      child.on('message', (message: Message) => {
        clearTimeout(timer);
        timer = setTimeout(giveUp, clauseMs);
        if ('at' in message) at = message.at;
        else if ('failure' in message) failures.push(message.failure);
        else {
          leave();
          idle = child;
          resolve({ failures, ran: message.done });
        }
      });
      child.on('exit', (code, signal) => {
        leave();
        children.delete(child);
        reject(new Error(`the process for ${question.file} ended with ${code ?? signal} in ${at}`));
      });
      child.send(question);
    });
}

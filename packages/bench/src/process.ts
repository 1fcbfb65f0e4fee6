import { type ChildProcess, fork, spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Job, Measurement } from './job.ts';
import { summed } from './measure.ts';
import { nativeArguments } from './native.ts';
import { inParallel } from './parallel.ts';
import { permutation } from './random.ts';
import { scenarioOf } from './scenarios/index.ts';
import type { Answer, Request } from './worker.ts';

/** What became of a job. */
export type Outcome = (
  | { readonly measurement: Measurement }
  | { readonly failed: string }
  /** It was stopped or ran out of memory: nothing is wrong, but there is no number. */
  | { readonly cut: string }
) & {
  /** Its share of the time that all took who were measured together. */
  readonly tookMs: number;
};

/**
 * The same for every subject. The baselines' objects at four million pids need more heap than the default allows; the
 * strategies' blocks lie outside the heap. `--expose-gc` lets the collector run before the clock starts. A compiler in a thread of its own
 * optimises with what was seen up to the moment when it gets its turn, so that one process in a few has other code, a third
 * slower: here it compiles at once.
 */
const FLAGS = ['--expose-gc', '--max-old-space-size=8192', '--no-concurrent-recompilation'];

/**
 * Where threads are timed, the same for every subject as well. Without it, in Node 20 and 22, one process in five to eight with two threads
 * that race is twice as slow as the rest (docs/adr/0019).
 */
const FLAGS_FOR_THREADS = [...FLAGS, '--no-use-osr'];

/** What Node is started with for a scenario. */
export function flagsFor(scenario: string): readonly string[] {
  return scenarioOf(scenario).threads ? FLAGS_FOR_THREADS : FLAGS;
}

/**
 * Measures some jobs side by side: a fresh process for each. First they make themselves ready and warm up, as many at once as there
 * are cores and one more, since nothing of that counts and who starts waits for the disk as well. When all are warm they take turns of a few milliseconds, one process at a time, in an order
 * that is another one each time round. So whatever slows the machine down for longer than that slows all of them down. A process that
 * does not get ready or does not take its turn within `limitMs` is stopped; the others go on.
 */
export async function runTogether(jobs: readonly Job[], limitMs: number): Promise<Outcome[]> {
  const start = performance.now();
  const members = await inParallel(jobs, availableParallelism() + 1, async (job) => {
    const member = new Member(job, limitMs);
    await member.ready();
    for (let window = 0; window < job.effort.warmupWindows; window++) if (!(await member.take('warm up'))) break;
    return member;
  });
  for (let turn = 0; await takeTurns(members, jobs[0].seed + turn); turn++);
  // What was checked after the clock has stopped, all can check at the same time.
  const done = await Promise.all(members.map((member) => member.finish()));
  const tookMs = (performance.now() - start) / jobs.length;
  return done.map((outcome) => ({ ...outcome, tookMs }));
}

/** A turn for each member that wants one, in an order that the seed draws, and whether somebody wants another. */
export async function takeTurns(members: readonly Pick<Member, 'take'>[], seed: number): Promise<boolean> {
  let more = false;
  for (const at of permutation(seed, members.length)) more = (await members[at].take('measure')) || more;
  return more;
}

/** The environment of a measuring process: its size moves the stack. */
function environmentOf({ layout }: Job): NodeJS.ProcessEnv {
  return { ...process.env, PIDLAB_LAYOUT: 'x'.repeat(layout.environmentBytes) };
}

// From `src` and from `dist` alike: a process can only be started from what was built.
const WORKER = fileURLToPath(new URL('../dist/measuring.js', import.meta.url));

type Done = { readonly measurement: Measurement } | { readonly failed: string } | { readonly cut: string };

/** What the native program answers at the end. */
interface NativeTurns {
  readonly turns: number[][];
  readonly ops: number;
  readonly steady: boolean;
}

/** A measuring process as its parent sees it. Once something has gone wrong it takes no more turns. */
class Member {
  readonly #job: Job;
  readonly #limitMs: number;
  readonly #child: ChildProcess;
  readonly #end: Promise<End>;
  #answered: ((answer: Answer | undefined) => void) | undefined;
  #late = false;
  #done: Done | undefined;
  #wanted: Readonly<Record<'warm up' | 'measure', boolean>> = { 'warm up': true, measure: true };

  constructor(job: Job, limitMs: number) {
    this.#job = job;
    this.#limitMs = limitMs;
    this.#child = job.subject.kind === 'native' ? startNative(job) : startWorker(job);
    this.#end = endOf(this.#child);
    void this.#end.then(() => this.#answered?.(undefined));
    if (this.#child.stdout) {
      createInterface(this.#child.stdout).on('line', (line) => this.#answered?.(answerOf(line)));
      // A program that has ended takes no more requests; how it ended says why.
      this.#child.stdin?.on('error', () => {});
    } else this.#child.on('message', (answer: Answer) => this.#answered?.(answer));
  }

  /** Makes its job ready. */
  async ready(): Promise<void> {
    await this.#ask(this.#child.stdin ? undefined : this.#job);
  }

  /** A turn, if it wants one; whether it wants another. */
  async take(what: 'warm up' | 'measure'): Promise<boolean> {
    if (this.#done || !this.#wanted[what]) return false;
    const answer = await this.#ask(what);
    const more = answer !== undefined && 'more' in answer && answer.more;
    this.#wanted = { ...this.#wanted, [what]: more };
    return more;
  }

  /** Ends it, and gives what became of its job. */
  async finish(): Promise<Done> {
    const answer = this.#done ? undefined : await this.#ask('finish');
    const end = await this.#end;
    if (this.#done) return this.#done;
    return answer && 'measurement' in answer && end.code === 0 ? answer : withoutAnswer(end);
  }

  /** Asks for something and waits for the answer; undefined when there is none, for which `#done` has the reason. */
  async #ask(request: Request | undefined): Promise<Answer | undefined> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return this.#fail(undefined);
    const timer = setTimeout(() => {
      this.#late = true;
      this.#child.kill('SIGKILL');
    }, this.#limitMs);
    const answer = await new Promise<Answer | undefined>((resolve) => {
      this.#answered = resolve;
      if (this.#child.stdin && typeof request === 'string') this.#child.stdin.write(`${request}\n`);
      else if (request !== undefined) this.#child.send(request, () => {});
    });
    clearTimeout(timer);
    this.#answered = undefined;
    return answer && !('error' in answer) ? answer : this.#fail(answer);
  }

  async #fail(answer: Extract<Answer, { error: string }> | undefined): Promise<undefined> {
    const end = await this.#end;
    if (this.#late) this.#done = { cut: `stopped after ${Math.round(this.#limitMs / 1000)} s` };
    else if (answer?.code === 'ENOMEM') this.#done = { cut: firstLine(answer.error) };
    else this.#done = answer ? { failed: answer.error } : withoutAnswer(end);
    return undefined;
  }
}

function startWorker(job: Job): ChildProcess {
  return fork(WORKER, {
    execArgv: [...flagsFor(job.scenario)],
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    env: environmentOf(job),
  });
}

function startNative(job: Job): ChildProcess {
  const { program } = job.subject;
  if (program === undefined) throw new Error('there is no native program');
  return spawn(program, nativeArguments(job), { stdio: ['pipe', 'pipe', 'pipe'], env: environmentOf(job) });
}

/** A line of the native program as an answer. */
function answerOf(line: string): Answer {
  const answer = JSON.parse(line) as { more: boolean } | NativeTurns;
  if ('more' in answer) return answer;
  const { turns, ops, steady } = answer;
  return { measurement: summed(turns, { ops, steady, gcShare: 0 }) };
}

/** How a process ended. */
interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The end of what it wrote to stderr, or why it did not start. */
  readonly complaint: string;
}

function endOf(child: ChildProcess): Promise<End> {
  return new Promise((resolve) => {
    let complaint = '';
    child.stderr?.on('data', (chunk) => {
      complaint = `${complaint}${chunk}`.slice(-4_000);
    });
    child.on('error', (error) => {
      complaint = `it did not start: ${error.message}`;
      resolve({ code: null, signal: null, complaint });
    });
    child.on('close', (code, signal) => resolve({ code, signal, complaint }));
  });
}

function withoutAnswer({ code, signal, complaint }: End): Done {
  if (/heap out of memory|Allocation failed/.test(complaint)) return { cut: 'the heap of 8 GiB was not enough' };
  if (signal === 'SIGKILL') return { cut: 'killed from outside, most likely for want of memory' };
  return { failed: `the process ended (${signal ?? code}) without an answer. ${complaint.trim()}`.trim() };
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0];
}

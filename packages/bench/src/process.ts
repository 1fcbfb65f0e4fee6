import { type ChildProcess, fork, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Job, type Measurement, summed } from './measure.ts';
import { nativeArguments } from './native.ts';
import type { Answer } from './worker.ts';

/** What became of a job. */
export type Outcome = (
  | { readonly measurement: Measurement }
  | { readonly failed: string }
  /** It was stopped or ran out of memory: nothing is wrong, but there is no number. */
  | { readonly cut: string }
) & {
  /** From the start of the process to its end. */
  readonly tookMs: number;
};

/**
 * The same for every subject. The baselines' objects at four million pids need more heap than the default allows; the
 * strategies' blocks lie outside the heap. `--expose-gc` lets the collector run before the clock starts.
 */
const FLAGS = ['--expose-gc', '--max-old-space-size=8192'];

/** Does a job in a fresh process, for at most `limitMs`. */
export async function runInProcess(job: Job, limitMs: number): Promise<Outcome> {
  const start = performance.now();
  const outcome = await (job.subject.kind === 'native' ? runNative(job, limitMs) : runWorker(job, limitMs));
  return { ...outcome, tookMs: performance.now() - start };
}

/** The environment of a measuring process: its size moves the stack. */
function environmentOf({ layout }: Job): NodeJS.ProcessEnv {
  return { ...process.env, PIDLAB_LAYOUT: 'x'.repeat(layout.environmentBytes) };
}

// From `src` and from `dist` alike: a process can only be started from what was built.
const WORKER = fileURLToPath(new URL('../dist/worker.js', import.meta.url));

type Done = { readonly measurement: Measurement } | { readonly failed: string } | { readonly cut: string };

async function runWorker(job: Job, limitMs: number): Promise<Done> {
  const child = fork(WORKER, {
    execArgv: FLAGS,
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    env: environmentOf(job),
  });
  let answer: Answer | undefined;
  child.on('message', (message: Answer) => {
    answer = message;
  });
  child.send(job);
  const end = await endOf(child, limitMs);
  if (answer && 'measurement' in answer) return answer;
  if (answer) return answer.code === 'ENOMEM' ? { cut: firstLine(answer.error) } : { failed: answer.error };
  if (/heap out of memory|Allocation failed/.test(end.complaint)) return { cut: 'the heap of 8 GiB was not enough' };
  return withoutAnswer(end, limitMs);
}

async function runNative(job: Job, limitMs: number): Promise<Done> {
  const { program } = job.subject;
  if (program === undefined) return { failed: 'there is no native program' };
  const child = spawn(program, nativeArguments(job), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environmentOf(job),
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const end = await endOf(child, limitMs);
  if (end.code !== 0) return withoutAnswer(end, limitMs);
  const { samples, ops, steady } = JSON.parse(output) as { samples: number[]; ops: number; steady: boolean };
  return { measurement: summed(samples, { ops, steady, gcShare: 0 }) };
}

/** How a process ended. */
interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Whether it was stopped for its time. */
  readonly late: boolean;
  /** The end of what it wrote to stderr, or why it did not start. */
  readonly complaint: string;
}

function endOf(child: ChildProcess, limitMs: number): Promise<End> {
  return new Promise((resolve) => {
    let late = false;
    let complaint = '';
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, limitMs);
    const end = (code: number | null, signal: NodeJS.Signals | null): void => {
      clearTimeout(timer);
      resolve({ code, signal, late, complaint });
    };
    child.stderr?.on('data', (chunk) => {
      complaint = `${complaint}${chunk}`.slice(-4_000);
    });
    child.on('error', (error) => {
      complaint = `it did not start: ${error.message}`;
      end(null, null);
    });
    child.on('close', end);
  });
}

function withoutAnswer({ code, signal, late, complaint }: End, limitMs: number): Done {
  if (late) return { cut: `stopped after ${Math.round(limitMs / 1000)} s` };
  if (signal === 'SIGKILL') return { cut: 'killed from outside, most likely for want of memory' };
  return { failed: `the process ended (${signal ?? code}) without an answer. ${complaint.trim()}`.trim() };
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0];
}

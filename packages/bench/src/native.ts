import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Job, TURN_MS, wakeMsFor } from './job.ts';
import { optionsFor } from './populate.ts';
import { numberOf } from './scenario.ts';
import type { SubjectSpec } from './subjects.ts';
import type { Subject } from './workload.ts';

/** The name of the row. */
const NATIVE = 'native C';

const SOURCE = fileURLToPath(new URL('../native/native.c', import.meta.url));

/** The native program, or why there is none. */
export interface NativeBuild {
  readonly spec: SubjectSpec;
  /** `cc (Debian …) 12.2.0, -O3 -march=native`, or why there is no program. */
  readonly compiler: string;
  /** Removes it. */
  dispose(): void;
}

/** The best code for this machine, and what every compiler understands. */
const FLAGS = [['-O3', '-march=native'], ['-O3']];

/**
 * Builds the native program in a folder of its own among the temporary files, with the compiler that the environment
 * variable CC names, or `cc`. Without one the row says so.
 */
export function buildNative(compiler: string = process.env.CC || 'cc'): NativeBuild {
  const version = spawnSync(compiler, ['--version'], { encoding: 'utf8' });
  const without = (why: string): NativeBuild => ({
    spec: { id: NATIVE, kind: 'native', absent: why },
    compiler: why,
    dispose() {},
  });
  if (version.status !== 0)
    return without(`there is no C compiler '${compiler}' here; the environment variable CC may name another`);
  const folder = mkdtempSync(join(tmpdir(), 'pidlab-native-'));
  const dispose = (): void => rmSync(folder, { recursive: true, force: true });
  const program = join(folder, 'native');
  let complaint = '';
  for (const flags of FLAGS) {
    const { status, stderr } = spawnSync(compiler, [...flags, '-o', program, SOURCE], { encoding: 'utf8' });
    if (status === 0) {
      const name = version.stdout.split('\n', 1)[0];
      return { spec: { id: NATIVE, kind: 'native', program }, compiler: `${name}, ${flags.join(' ')}`, dispose };
    }
    complaint = stderr.trim().split('\n', 1)[0];
  }
  dispose();
  return without(`'${compiler}' could not build it: ${complaint}`);
}

/** What the native program can be asked to do. */
const CAN = ['churn', 'lookup-hit', 'lookup-use', 'lookup-miss', 'order'];

/** The native program as a subject: nothing in this process can run it. */
export function nativeSubject({ id, absent }: SubjectSpec): Subject {
  const elsewhere = (): never => {
    throw new Error(`${id} is a program of its own`);
  };
  return {
    id,
    kind: 'native',
    lacks: {
      '*': 'pointers instead of handles that are checked; one thread; no tasks, snapshots or account of memory',
    },
    leavesOut: absent === undefined ? {} : { '*': absent },
    maxLevel: Number.POSITIVE_INFINITY,
    cannot: (scenario) => (CAN.includes(scenario) ? undefined : 'the native program does not do this'),
    create: elsewhere,
    handles: elsewhere,
    list: elsewhere,
  };
}

/** What the program is called with for a job. */
export function nativeArguments({ scenario, params, seed, effort }: Job): string[] {
  const live = numberOf(params, 'live');
  const level = Number(params.level ?? 0);
  const { warmupMs, measureMs, samples } = effort;
  return [
    scenario,
    live,
    level,
    String(params.order ?? 'random'),
    optionsFor(live, level).pidMax ?? 0,
    seed,
    warmupMs,
    wakeMsFor(params),
    Math.min(TURN_MS, measureMs),
    measureMs,
    samples,
  ].map(String);
}

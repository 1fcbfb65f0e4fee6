import { spawnSync } from 'node:child_process';
import { arch, cpus, release, totalmem, type } from 'node:os';
import type { Mode } from './scenario.ts';

/** Where and when the numbers were taken. */
export interface Environment {
  readonly machine: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  /** Versions of the runtime and of its engine. */
  readonly runtime: { readonly node: string; readonly v8: string };
  /** The commit of the working directory, `+` for changes on top; `unknown` outside a repository. */
  readonly commit: string;
  /** The C compiler that built the native program, or why there is none; missing where nobody asked for it. */
  readonly compiler?: string;
  readonly seed: number;
  readonly mode: Mode;
  /** What the lab was given, in place of the time of its mode. */
  readonly minutes?: number;
  /** Files, folders or packages of other designs that the lab was given. */
  readonly modules?: readonly string[];
  /** ISO 8601. */
  readonly date: string;
}

/** The environment of this process. */
export function environment(seed: number, mode: Mode, compiler?: string): Environment {
  const processors = cpus();
  return {
    machine: `${type()} ${release()} ${arch()}`,
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    runtime: { node: process.versions.node, v8: process.versions.v8 },
    commit: commit(),
    ...(compiler === undefined ? {} : { compiler }),
    seed,
    mode,
    date: new Date().toISOString(),
  };
}

function commit(): string {
  const git = (...args: string[]): string | undefined => {
    const { status, stdout } = spawnSync('git', args, { encoding: 'utf8' });
    return status === 0 ? stdout.trim() : undefined;
  };
  const head = git('rev-parse', 'HEAD');
  return head === undefined ? 'unknown' : `${head}${git('status', '--porcelain') ? '+' : ''}`;
}

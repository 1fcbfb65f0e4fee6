/** Strategies as they are built for trials: with checks, for one thread and several, and with faults to inject. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Strategy as Allocators } from '@pidlab/contract';
import { buildStrategy } from '../mutants/build.ts';
import type { Change, Strategy } from '../mutants/mutant.ts';

/** A strategy that can be refused memory. */
export interface Faulty extends Required<Allocators> {
  /** From here on `isFault` is asked whenever memory is about to be taken, in every allocator of this thread. */
  injectFaults(isFault?: (place: string) => boolean): void;
}

/** Builds and loads a strategy, changed in these places. */
export async function loadFaulty(strategy: Strategy, changes: readonly Change[] = []): Promise<Faulty> {
  const folder = mkdtempSync(join(tmpdir(), 'pidlab-faulty-'));
  try {
    const file = join(folder, `${strategy}.mjs`);
    await buildStrategy(strategy, changes, file);
    return await import(pathToFileURL(file).href);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

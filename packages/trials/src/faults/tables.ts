/** The process table as trials want it: of its sources as they are, or changed in some places. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as processTable from '@pidlab/process-table';
import { buildTable } from '../mutants/build.ts';
import type { Change } from '../mutants/mutant.ts';

export type Tables = Pick<typeof processTable, 'createProcessTable' | 'restoreProcessTable'>;

/** Builds and loads the process table. */
export async function loadTables(changes: readonly Change[] = []): Promise<Tables> {
  const folder = mkdtempSync(join(tmpdir(), 'pidlab-table-'));
  try {
    const file = join(folder, 'process-table.mjs');
    await buildTable(changes, file);
    return await import(pathToFileURL(file).href);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

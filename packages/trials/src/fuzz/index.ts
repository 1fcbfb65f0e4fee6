import { calls } from './calls.ts';
import { descriptors } from './descriptors.ts';
import type { Fuzzer } from './fuzzer.ts';
import { handles } from './handles.ts';
import { table } from './hands.ts';
import { snapshots } from './snapshots.ts';
import { tables } from './tables.ts';

/** All of them, by name. What the items of each are is its own affair. */
export const FUZZERS: Readonly<Record<string, Fuzzer>> = Object.fromEntries(
  [calls, handles, snapshots, descriptors, table, tables].map((fuzzer) => [fuzzer.name, fuzzer as unknown as Fuzzer]),
);

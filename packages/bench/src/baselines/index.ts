import type { Baseline } from '../workload.ts';

/**
 * Every baseline, in the order of the tables. To add one, write a file that exports a `Baseline` and name it here. Each is
 * loaded by itself, so that a process holds the code of one subject only.
 */
export const BASELINES: Readonly<Record<string, () => Promise<Baseline>>> = {
  map: async () => (await import('./map.ts')).map,
  gvisor: async () => (await import('./gvisor.ts')).gvisor,
  'number-allocator': async () => (await import('./number-allocator.ts')).numberAllocator,
  idgen: async () => (await import('./idgen.ts')).idgen,
  'one-space': async () => (await import('./one-space.ts')).oneSpace,
  'before-2002': async () => (await import('./before-2002.ts')).before2002,
  floor: async () => (await import('./floor.ts')).floor,
};

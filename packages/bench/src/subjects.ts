import { pathToFileURL } from 'node:url';
import type { PidAllocator, Traits } from '@pidlab/contract';
import { BASELINES } from './baselines/index.ts';
import { STRATEGIES } from './builtins.ts';
import { moduleFile, SubjectError } from './module-file.ts';
import { nativeSubject } from './native.ts';
import type { Handle, StrategyModule, Subject, Workload } from './workload.ts';

export { SubjectError };

/** How to find a subject again in another process: a built-in's name, or a module's path. */
export interface SubjectSpec {
  readonly id: string;
  readonly kind: Subject['kind'];
  /** The file or package that `--module` named. */
  readonly module?: string;
  /** For a twin: the strategy that it is, by the name of its row. */
  readonly twinOf?: string;
  /** For `native`: the program that was built, or why there is none. */
  readonly program?: string;
  readonly absent?: string;
}

/** Every pid from number 1 up, by asking for the next again and again. */
function listByFindGe(workload: Workload, ns: Handle): number {
  const a = workload as unknown as PidAllocator;
  const at = ns as Parameters<PidAllocator['findGePid']>[1];
  let found = 0;
  for (let pid = a.findGePid(1, at); pid !== undefined; pid = a.findGePid(a.pidNrNs(pid, at) + 1, at)) found++;
  return found;
}

/** A strategy as a subject: its allocator is called as it is. */
function strategySubject(id: string, module: StrategyModule, file?: string): Subject {
  return {
    id,
    kind: 'strategy',
    lacks: {},
    leavesOut: {},
    maxLevel: module.traits.maxLevel,
    create: (options) => module.createPidAllocator(options) as Workload,
    handles: (count) => new Float64Array(count),
    list: listByFindGe,
    strategy: module,
    ...(file === undefined ? {} : { module: file }),
  };
}

/** Loads a strategy module by the path of its file or folder, or by package name, and checks that it is one. */
export async function loadModule(module: string): Promise<StrategyModule> {
  const file = moduleFile(module);
  let loaded: Partial<StrategyModule>;
  try {
    loaded = await import(pathToFileURL(file).href);
  } catch (error) {
    throw new SubjectError(`cannot load ${module}: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof loaded.createPidAllocator !== 'function')
    throw new SubjectError(`${module} exports no function createPidAllocator`);
  if (typeof loaded.traits?.strategy !== 'string' || typeof loaded.traits.maxLevel !== 'number')
    throw new SubjectError(`${module} exports no traits with a strategy name and a maxLevel`);
  return loaded as StrategyModule;
}

/** Loads a subject into this process. */
export async function loadSubject(spec: SubjectSpec): Promise<Subject> {
  if (spec.kind === 'native') return nativeSubject(spec);
  if (spec.kind === 'twin') {
    const { kind: _, ...original } = await strategyOf({ ...spec, id: spec.twinOf ?? spec.id });
    return { ...original, id: spec.id, kind: 'twin', twinOf: spec.twinOf ?? spec.id };
  }
  if (spec.kind === 'strategy') return strategyOf(spec);
  return { maxLevel: Number.POSITIVE_INFINITY, ...(await BASELINES[spec.id]()) };
}

/** Modules as subjects, each by the name of its design, or with a number where that is taken. */
export async function moduleSpecs(modules: readonly string[], taken: readonly string[]): Promise<SubjectSpec[]> {
  const names = new Set(taken);
  const specs: SubjectSpec[] = [];
  for (const module of modules) {
    const { traits } = await loadModule(module);
    let id = traits.strategy;
    for (let n = 2; names.has(id); n++) id = `${traits.strategy}-${n}`;
    names.add(id);
    specs.push({ id, kind: 'strategy', module });
  }
  return specs;
}

/** What each strategy says of itself, by the name of its row. */
export async function traitsOf(strategies: readonly SubjectSpec[]): Promise<Record<string, Traits>> {
  const traits: Record<string, Traits> = {};
  for (const spec of strategies) {
    const { strategy } = await strategyOf(spec);
    if (strategy) traits[spec.id] = strategy.traits;
  }
  return traits;
}

/** The one strategy of a run that is measured twice, so that what differs between the two is the noise. */
export function twinSpec({ id, module }: SubjectSpec): SubjectSpec {
  return { id: 'twin', kind: 'twin', twinOf: id, ...(module === undefined ? {} : { module }) };
}

async function strategyOf(spec: SubjectSpec): Promise<Subject> {
  if (spec.module !== undefined) return strategySubject(spec.id, await loadModule(spec.module), spec.module);
  return strategySubject(spec.id, await STRATEGIES[spec.id]());
}

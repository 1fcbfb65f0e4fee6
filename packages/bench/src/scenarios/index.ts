import type { Scenario } from '../scenario.ts';
import { churn } from './churn.ts';
import { forkExit } from './fork-exit.ts';
import { forkExitWait } from './fork-exit-wait.ts';
import { list } from './list.ts';
import { lookupHash, lookupHit, lookupMiss, lookupSkew, lookupUse, order } from './lookup.ts';
import { createMemory, createTime, memory, namespaceMemory } from './memory.ts';
import { namespace } from './namespace.ts';
import { replay } from './replay.ts';
import { translate } from './translate.ts';
import { workersAloneChurn, workersAloneLookup, workersThroughput, workersWindows } from './workers.ts';
import { workersReference, workersRounds } from './workers-claims.ts';

/** Every scenario, in the order of the report. */
export const SCENARIOS: readonly Scenario[] = [
  churn,
  lookupHit,
  lookupUse,
  lookupMiss,
  lookupSkew,
  lookupHash,
  order,
  translate,
  list,
  forkExit,
  forkExitWait,
  namespace,
  replay,
  memory,
  namespaceMemory,
  createTime,
  createMemory,
  workersThroughput,
  workersWindows,
  workersAloneChurn,
  workersAloneLookup,
  workersReference,
  workersRounds,
];

/** The scenario of that name; or all whose names go on after it with a dash, as `workers` does for three. */
export function scenariosOf(name: string): Scenario[] {
  const family = SCENARIOS.filter(({ id }) => id.startsWith(`${name}-`));
  return SCENARIOS.some(({ id }) => id === name) || family.length === 0 ? [scenarioOf(name)] : family;
}

/** The scenario of that name. */
export function scenarioOf(id: string): Scenario {
  const found = SCENARIOS.find((scenario) => scenario.id === id);
  if (!found) throw new Error(`no scenario is called '${id}'; there are ${SCENARIOS.map((s) => s.id).join(', ')}`);
  return found;
}

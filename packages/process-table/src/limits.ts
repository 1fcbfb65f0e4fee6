/** How much of something a namespace and all below it may have. Source: kernel/cgroup/pids.c, kernel/ucount.c. */
import { type NsRef, PidBug } from '@pidlab/contract';
import { fail, integer, mustNotBeAsked, readOptions } from './checks.ts';
import { type Meter, type Metered, NAMESPACES, type Namespace, PIDFDS, PIDS, SIGNALS, type Table } from './task.ts';
import type { Limit, Limits, Usage, UsageOf } from './types.ts';

const LIMITS: readonly Limit[] = ['pids', 'namespaces', 'pidfds', 'pendingSignals'];
const METER_OF: Readonly<Record<Limit, Metered>> = {
  pids: PIDS,
  namespaces: NAMESPACES,
  pidfds: PIDFDS,
  pendingSignals: SIGNALS,
};

/** Whether there may be one more in `ns`. The namespace that says no counts that. */
export function mayCharge<P>(ns: Namespace<P>, what: Metered): boolean {
  for (let at: Namespace<P> | undefined = ns; at !== undefined; at = at.parent) {
    const meter: Meter = at.meters[what];
    if (meter.current < meter.max) continue;
    meter.events++;
    return false;
  }
  return true;
}

/** There is one more, whatever the limits say. */
export function charge<P>(ns: Namespace<P> | undefined, what: Metered): void {
  for (let at = ns; at !== undefined; at = at.parent) {
    const meter: Meter = at.meters[what];
    if (++meter.current > meter.peak) meter.peak = meter.current;
  }
}

export function discharge<P>(ns: Namespace<P> | undefined, what: Metered, count: number): void {
  for (let at = ns; at !== undefined; at = at.parent) at.meters[what].current -= count;
}

export function readLimits(limits: Limits | undefined, op: string): Limits | undefined {
  if (limits === undefined) return undefined;
  const read = readOptions(limits, LIMITS, op);
  for (const name of LIMITS) {
    const max = read[name];
    if (max === undefined || max === Number.POSITIVE_INFINITY) continue;
    integer(max, name, op);
    if (max < 0) fail('EINVAL', op, `${name} is ${max}; it has to be at least 0, or Infinity`);
  }
  return read;
}

export function applyLimits<P>(ns: Namespace<P>, limits: Limits): void {
  for (const name of LIMITS) {
    const max = limits[name];
    if (max !== undefined) ns.meters[METER_OF[name]].max = max;
  }
}

export function setLimits<P>(t: Table<P>, ns: NsRef, limits: Limits): void {
  mustNotBeAsked(t, 'setLimits');
  if (limits === undefined) throw new PidBug('setLimits', 'limits is undefined; it has to be an object');
  // Before the namespace is looked at: a getter may call the table, and end it.
  const read = readLimits(limits, 'setLimits')!;
  applyLimits(known(t, ns, 'setLimits'), read);
}

export function usage<P>(t: Table<P>, ns: NsRef): Usage {
  const { meters } = known(t, ns, 'usage');
  const of = (what: Metered): UsageOf => ({ ...meters[what] });
  return { pids: of(PIDS), namespaces: of(NAMESPACES), pidfds: of(PIDFDS), pendingSignals: of(SIGNALS) };
}

function known<P>(t: Table<P>, ns: NsRef, op: string): Namespace<P> {
  return t.namespaces.get(ns) ?? fail('ESRCH', op, 'nobody of this table is in that namespace, or will be born there');
}

/**
 * Random calls on a pair of allocators.
 *
 * A command is four plain numbers: which operation, and three choices that it makes from what is there (one of the pids
 * alive, a number near it, …). So any sequence makes sense in any state, and stays a sequence when a shrinker leaves out
 * half of it or makes its numbers smaller.
 */
import {
  BITS_PER_PAGE,
  CLONE_NEWPID,
  CLONE_THREAD,
  type NsRef,
  PID_MAX_LIMIT,
  PIDTYPE_PID,
  type PidAllocator,
  type PidRef,
  type PidType,
  RESERVED_PIDS,
  type TaskRef,
} from '@pidlab/contract';
import {
  type Argument,
  call,
  count,
  type Method,
  type Pair,
  type Population,
  pickAlive,
  type Twin,
  twinOf,
} from './pair.ts';

/** Operation, and what it chooses with; all below {@link CHOICES}. */
export type Command = readonly [op: number, a: number, b: number, c: number];

/** Choices are integers below this. */
export const CHOICES = 65_536;

/** Makes the command's calls on both sides. Throws when the sides differ. */
export function step(p: Pair, [op, a, b, c]: Command): void {
  WHEEL[op % WHEEL.length]!(p, a, b, c);
}

type Operation = (p: Pair, a: number, b: number, c: number) => void;

/** Each operation with its share. The least interesting come first, because shrinking goes that way. */
const OPERATIONS: readonly (readonly [share: number, run: Operation])[] = [
  [1, () => {}],
  [1, (p, a) => withNs(p, a, (ns) => call(p, 'lastPid', ns))],
  [1, (p, a) => withNs(p, a, (ns) => call(p, 'pidMax', ns))],
  [1, (p, a) => withNs(p, a, (ns) => call(p, 'nsLevel', ns))],
  [1, (p, a) => withNs(p, a, (ns) => call(p, 'nsParent', ns))],
  [2, (p, a) => withNs(p, a, (ns) => call(p, 'childReaper', ns))],
  [3, (p, a, b) => withNs(p, a, (ns) => call(p, 'nextPidmap', ns, lookedFor(p, ns, b)))],

  [5, (p, a, b) => withNs(p, a, (ns) => call(p, 'findPidNs', lookedFor(p, ns, b), ns))],
  [3, (p, _, b) => call(p, 'findPid', lookedFor(p, p.root, b))],
  [3, (p, a, b) => withTask(p, a, (viewer) => call(p, 'findVpid', lookedFor(p, activeNs(p, viewer), b), viewer))],
  [3, (p, a, b) => withNs(p, a, (ns) => call(p, 'findGetPid', lookedFor(p, ns, b), ns))],
  [4, (p, a, b) => withNs(p, a, (ns) => call(p, 'findGePid', lookedFor(p, ns, b), ns))],

  [2, (p, a) => withPid(p, a, (pid) => call(p, 'pidCount', pid))],
  [2, (p, a) => withPid(p, a, (pid) => call(p, 'pidNr', pid))],
  [2, (p, a) => withPid(p, a, (pid) => call(p, 'pidNs', pid))],
  [2, (p, a) => withPid(p, a, (pid) => call(p, 'isContainerInit', pid))],
  [4, (p, a, b) => withPid(p, a, (pid) => withNs(p, b, (ns) => call(p, 'pidNrNs', pid, ns)))],
  [3, (p, a, b) => withPid(p, a, (pid) => withTask(p, b, (viewer) => call(p, 'pidVnr', pid, viewer)))],

  [1, (p, a) => withTask(p, a, (task) => call(p, 'taskActivePidNs', task))],
  [1, (p, a, _, c) => withTask(p, a, (task) => call(p, 'taskPid', task, type(c)))],
  [2, (p, a, _, c) => withTask(p, a, (task) => call(p, 'getTaskPid', task, type(c)))],
  [2, (p, a, _, c) => withPid(p, a, (pid) => call(p, 'pidTask', pid, type(c)))],
  [2, (p, a, _, c) => withTask(p, a, (task) => call(p, 'nextPidTask', task, type(c)))],
  [2, (p, a, b, c) => withNs(p, a, (ns) => call(p, 'findTaskByPidTypeNs', type(c), lookedFor(p, ns, b), ns))],
  [1, (p, _, b) => call(p, 'findTaskByPid', lookedFor(p, p.root, b))],
  [2, (p, a, b) => withTask(p, a, (viewer) => call(p, 'findTaskByVpid', lookedFor(p, activeNs(p, viewer), b), viewer))],
  [1, (p, a, b) => withNs(p, a, (ns) => call(p, 'findTaskByPidNs', lookedFor(p, ns, b), ns))],
  [3, (p, a, b, c) => withTask(p, a, (task) => withNs(p, b, (ns) => call(p, TASK_NUMBERS[c % 4]!, task, ns)))],

  [6, (p, a) => withPid(p, a, (pid) => call(p, 'getPid', pid))],
  [6, (p, a) => withPid(p, a, (pid) => call(p, 'putPid', pid))],
  [16, (p, a) => withPid(p, a, (pid) => call(p, 'freePid', pid))],
  [18, (p, a) => withNs(p, a, (ns) => allocPid(p, ns))],
  [5, chooseNumbers],
  [6, (p, a, b) => withNs(p, a, (ns) => call(p, 'setLastPid', ns, cursor(p, ns, b)))],
  [2, (p, a, b) => withNs(p, a, (ns) => call(p, 'setPidMax', ns, LIMITS[b % LIMITS.length]!))],

  [5, (p) => call(p, 'allocTask')],
  [4, (p, a) => withTask(p, a, (task) => call(p, 'freeTask', task))],
  [10, (p, a, b, c) => withTask(p, a, (task) => withPid(p, b, (pid) => call(p, 'attachPid', task, type(c), pid)))],
  [8, (p, a, _, c) => withTask(p, a, (task) => call(p, 'detachPid', task, type(c)))],
  [5, (p, a, b, c) => withTask(p, a, (old) => withTask(p, b, (next) => call(p, 'transferPid', old, next, type(c))))],
  [8, fork],

  [3, (p, a) => withNs(p, a, (ns) => call(p, 'getPidNs', ns))],
  [8, (p, a) => withNs(p, a, (ns) => call(p, 'putPidNs', ns))],
  [2, (p, a, b) => withNs(p, a, (ns) => call(p, 'copyPidNs', FLAGS[b % FLAGS.length]!, ns))],
  [6, (p, a) => withNs(p, a, (ns) => call(p, 'copyPidNs', CLONE_NEWPID, ns))],
  [1, nest],
  [1, crowd],
  [1, (p, a, b) => withNs(p, a, (ns) => isExempt(p, ns, b) || disable(p, ns))],
  [2, zap],

  [2, (p, a, b) => withNs(p, a, (ns) => repeat(b % 48, () => allocPid(p, ns)))],
  [2, (p, a, b) => repeat(b % 40, (i) => withPid(p, a + i, (pid) => call(p, 'freePid', pid)))],
  [2, fill],
  [1, sprinkle],
  [1, takeSnapshot],
  [6, misuse],
];

const WHEEL: readonly Operation[] = OPERATIONS.flatMap(([share, run]) => Array<Operation>(share).fill(run));

// ── operations of more than one call ──────────────────────────────────────────────────────────────────────────────────

function allocPid(p: Pair, ns: Twin<NsRef>): Twin<PidRef> | undefined {
  const pid = twinOf<PidRef>(p, call(p, 'allocPid', ns));
  if (pid === undefined) return undefined;
  const nr = p.model.pidNrNs(pid.model, ns.model);
  if (nr % BITS_PER_PAGE === 0 || nr % BITS_PER_PAGE === BITS_PER_PAGE - 1) count(p, 'edge of a page');
  return pid;
}

function chooseNumbers(p: Pair, a: number, b: number, c: number): void {
  withNs(p, a, (ns) => {
    const numbers: number[] = [];
    for (let i = 0; i < [1, 1, 1, 2, 2, 3, 0][c % 7]!; i++) {
      const choice = b >> (i * 3);
      numbers.push(choice % 3 === 0 ? lookedFor(p, ns, choice) : [1, 1, 5, 299, 300, 32_767, 32_768][choice % 7]!);
    }
    call(p, 'allocPid', ns, numbers);
  });
}

function fork(p: Pair, a: number): void {
  withNs(p, a, (ns) => {
    const pid = allocPid(p, ns);
    const task = twinOf<TaskRef>(p, call(p, 'allocTask'));
    if (pid !== undefined && task !== undefined) call(p, 'attachPid', task, PIDTYPE_PID, pid);
  });
}

/** A small `pidMax`, and pids until there are no more and some beyond. */
function fill(p: Pair, a: number, b: number): void {
  withNs(p, a, (ns) => {
    call(p, 'setPidMax', ns, RESERVED_PIDS + 1 + (b % 12));
    call(p, 'setLastPid', ns, RESERVED_PIDS - 4);
    repeat(20, () => allocPid(p, ns));
  });
}

/** A pid in each of several pages. */
function sprinkle(p: Pair, a: number, b: number): void {
  withNs(p, a, (ns) => {
    call(p, 'setPidMax', ns, PID_MAX_LIMIT);
    repeat(p.tight ? 128 : 5, (i) => {
      call(p, 'setLastPid', ns, Math.max(0, ((b + i) % 128) * BITS_PER_PAGE - 2));
      repeat(2, () => allocPid(p, ns));
    });
  });
}

/** Namespaces one in the other, as deep as it goes or the choice says. */
function nest(p: Pair, a: number, b: number): void {
  withNs(p, a, (ns) => {
    let at: Twin<NsRef> | undefined = ns;
    for (let depth = b % 40; depth >= 0 && at !== undefined; depth--) {
      at = twinOf<NsRef>(p, call(p, 'copyPidNs', CLONE_NEWPID, at));
      if (at !== undefined && depth % 8 === 0) allocPid(p, at);
    }
  });
}

/** Many namespaces below the root, at times more than a design has spaces; all but a few go again. */
function crowd(p: Pair, _a: number, b: number): void {
  const made: Twin<NsRef>[] = [];
  repeat(b % 8 === 0 ? 515 : b % 150, () => {
    const ns = twinOf<NsRef>(p, call(p, 'copyPidNs', CLONE_NEWPID, p.root));
    if (ns !== undefined) made.push(ns);
    if (ns !== undefined && p.tight) allocPid(p, ns);
  });
  for (const ns of made.slice(3)) call(p, 'putPidNs', ns);
}

function disable(p: Pair, ns: Twin<NsRef>): void {
  if (call(p, 'disablePidAllocation', ns).refusal === undefined) p.closed.add(ns.model);
}

/** What is done to the root ends the run's fun; it is spared most of the time. */
function isExempt(p: Pair, ns: Twin<NsRef>, choice: number): boolean {
  return ns.model === p.root.model && choice % 16 !== 0;
}

class Interrupt extends Error {}

function zap(p: Pair, a: number, b: number): void {
  withNs(p, a, (ns) => {
    if (isExempt(p, ns, b)) return;
    const visits = { model: [] as number[], subject: [] as number[] };
    const results = { model: '', subject: '' };
    for (const side of ['model', 'subject'] as const) {
      const on = p[side];
      const kill = (pid: PidRef, nr: number): void => {
        visits[side].push(nr, side === 'model' ? p.twins.get(pid)! : pid);
        if (b % 4 === 3 && visits[side].length > 4) throw new Interrupt();
        if (b % 4 === 0 || (b % 4 === 1 && nr % 2 === 0)) end(on, pid);
      };
      try {
        results[side] = String(on.zapPidNsProcesses(ns[side], kill));
      } catch (error) {
        const { name, op } = error as { name: string; op?: string };
        if (!(error instanceof Interrupt) && name !== 'PidBug') throw error;
        results[side] = error instanceof Interrupt ? 'interrupted' : `${name} of ${op}`;
      }
    }
    if (!results.model.startsWith('PidBug')) p.closed.add(ns.model);
    count(p, 'zapPidNsProcesses');
    if (results.model === 'true') count(p, 'zap to the end');
    p.log.push(`zapPidNsProcesses(${ns.model}, kill ${b % 4}) = ${results.model}`);
    if (results.model !== results.subject || visits.model.join() !== visits.subject.join()) {
      const say = (side: 'model' | 'subject'): string => `${results[side]} after ${visits[side].join(' ')}`;
      throw new Error(`zapPidNsProcesses: the model says ${say('model')}, the subject says ${say('subject')}`);
    }
  });
}

/** Takes all tasks off a pid, which frees it; or frees it. */
function end(on: PidAllocator, pid: PidRef): void {
  const hanging: [TaskRef, PidType][] = [];
  for (const t of [0, 1, 2, 3] as const) {
    for (let task = on.pidTask(pid, t); task !== undefined; task = on.nextPidTask(task, t)) hanging.push([task, t]);
  }
  for (const [task, t] of hanging) on.detachPid(task, t);
  if (hanging.length === 0) on.freePid(pid);
}

function takeSnapshot(p: Pair): void {
  p.subject = p.restore(p.subject.snapshot());
  p.log.push('snapshot, restored');
  count(p, 'snapshot');
}

// ── misuse ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What a function takes. */
export type Parameter = 'pid' | 'ns' | 'task' | 'type' | 'nr' | 'last' | 'cursor' | 'pidMax';

/** The functions of an allocator that take something. */
export const SIGNATURES: readonly (readonly [Method, ...Parameter[]])[] = [
  ['lastPid', 'ns'],
  ['setLastPid', 'ns', 'cursor'],
  ['pidMax', 'ns'],
  ['setPidMax', 'ns', 'pidMax'],
  ['nextPidmap', 'ns', 'last'],
  ['allocPid', 'ns'],
  ['freePid', 'pid'],
  ['getPid', 'pid'],
  ['putPid', 'pid'],
  ['pidCount', 'pid'],
  ['findPidNs', 'nr', 'ns'],
  ['findPid', 'nr'],
  ['findVpid', 'nr', 'task'],
  ['findGetPid', 'nr', 'ns'],
  ['findGePid', 'nr', 'ns'],
  ['pidNrNs', 'pid', 'ns'],
  ['pidNr', 'pid'],
  ['pidVnr', 'pid', 'task'],
  ['pidNs', 'pid'],
  ['isContainerInit', 'pid'],
  ['freeTask', 'task'],
  ['attachPid', 'task', 'type', 'pid'],
  ['detachPid', 'task', 'type'],
  ['transferPid', 'task', 'task', 'type'],
  ['pidTask', 'pid', 'type'],
  ['nextPidTask', 'task', 'type'],
  ['taskPid', 'task', 'type'],
  ['getTaskPid', 'task', 'type'],
  ['findTaskByPidTypeNs', 'type', 'nr', 'ns'],
  ['findTaskByPid', 'nr'],
  ['findTaskByVpid', 'nr', 'task'],
  ['findTaskByPidNs', 'nr', 'ns'],
  ['taskPidNrNs', 'task', 'ns'],
  ['taskTgidNrNs', 'task', 'ns'],
  ['taskPgrpNrNs', 'task', 'ns'],
  ['taskSessionNrNs', 'task', 'ns'],
  ['taskActivePidNs', 'task'],
  ['getPidNs', 'ns'],
  ['putPidNs', 'ns'],
  ['nsLevel', 'ns'],
  ['nsParent', 'ns'],
  ['childReaper', 'ns'],
  ['disablePidAllocation', 'ns'],
];

const NONSENSE: readonly unknown[] = [
  undefined,
  null,
  '1',
  1.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  true,
  {},
  [],
  1n,
];
const OUT_OF_RANGE: readonly number[] = [-1, -(2 ** 31), 2 ** 31, 2 ** 32 + 1, 2 ** 53];
const NO_HANDLE: readonly number[] = [0, 1, -1, 64, 2 ** 24, 2 ** 31, 2 ** 52, 2 ** 53];

/** One bad argument among good ones. */
function misuse(p: Pair, a: number, b: number, c: number): void {
  const [method, ...parameters] = SIGNATURES[a % SIGNATURES.length]!;
  const bad = b % parameters.length;
  const args: Argument[] = [];
  for (const [i, parameter] of parameters.entries()) {
    const arg = i === bad ? badArgument(p, parameter, c) : goodArgument(p, parameter, b + i);
    if (arg === undefined) return;
    args.push(arg);
  }
  count(p, 'bad argument');
  call(p, method, ...args);
}

function goodArgument(p: Pair, parameter: Parameter, choice: number): Argument | undefined {
  switch (parameter) {
    case 'pid':
      return pickAlive(p, p.pids, choice);
    case 'ns':
      return pickAlive(p, p.namespaces, choice);
    case 'task':
      return pickAlive(p, p.tasks, choice);
    case 'type':
      return type(choice);
    case 'pidMax':
      return LIMITS[choice % LIMITS.length]!;
    default:
      return choice;
  }
}

function badArgument(p: Pair, parameter: Parameter, choice: number): Argument | undefined {
  if (choice % 3 === 0) return { raw: NONSENSE[choice % NONSENSE.length] };
  switch (parameter) {
    case 'pid':
      return choice % 3 === 1
        ? NO_HANDLE[choice % 8]!
        : pickAlive<number>(p, choice % 2 ? p.tasks : p.namespaces, choice);
    case 'ns':
      return choice % 3 === 1 ? NO_HANDLE[choice % 8]! : pickAlive<number>(p, choice % 2 ? p.tasks : p.pids, choice);
    case 'task':
      return choice % 3 === 1
        ? NO_HANDLE[choice % 8]!
        : pickAlive<number>(p, choice % 2 ? p.namespaces : p.pids, choice);
    case 'type':
      return choice % 2 === 0 ? 4 : OUT_OF_RANGE[choice % 5]!;
    case 'cursor':
      return choice % 2 === 0 ? PID_MAX_LIMIT : OUT_OF_RANGE[choice % 5]!;
    case 'pidMax':
      return [0, PID_MAX_LIMIT + 1, ...OUT_OF_RANGE][choice % 7]!;
    default:
      return OUT_OF_RANGE[choice % 5]!;
  }
}

// ── choosing ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const TASK_NUMBERS = ['taskPidNrNs', 'taskTgidNrNs', 'taskPgrpNrNs', 'taskSessionNrNs'] as const;
const FLAGS = [0, CLONE_THREAD, CLONE_NEWPID | CLONE_THREAD, 0x100, CLONE_NEWPID | 0x100];
const LIMITS = [
  1,
  2,
  20,
  300,
  301,
  302,
  303,
  310,
  320,
  333,
  352,
  400,
  32_767,
  32_768,
  32_769,
  65_536,
  65_537,
  PID_MAX_LIMIT,
];

function withPid(p: Pair, choice: number, body: (pid: Twin<PidRef>) => void): void {
  const pid = pick(p, p.pids, choice);
  if (pid !== undefined) body(pid);
}

function withNs(p: Pair, choice: number, body: (ns: Twin<NsRef>) => void): void {
  const ns = pick(p, p.namespaces, choice);
  if (ns !== undefined) body(ns);
}

function withTask(p: Pair, choice: number, body: (task: Twin<TaskRef>) => void): void {
  const task = pick(p, p.tasks, choice);
  if (task !== undefined) body(task);
}

/** Any of those that are there, half of the time one of the newest; now and then one that is gone. */
function pick<T extends number>(p: Pair, population: Population<T>, choice: number): Twin<T> | undefined {
  const { there, gone } = population;
  if (choice % 24 === 23 && gone.length > 0) {
    count(p, 'stale handle');
    return gone[(choice >> 5) % gone.length];
  }
  return pickAlive(p, population, choice % 2 === 0 ? choice >> 1 : Math.max(0, there.length - 1 - ((choice >> 1) % 7)));
}

function activeNs(p: Pair, task: Twin<TaskRef>): Twin<NsRef> {
  if (!p.tasks.there.includes(task)) return p.root;
  const model = p.model.taskActivePidNs(task.model);
  return model === undefined ? p.root : { model, subject: p.twins.get(model) as NsRef };
}

function type(choice: number): PidType {
  return ([0, 0, 0, 1, 2, 2, 3, 3] as const)[choice % 8]!;
}

const EDGES = [0, 1, 2, 299, 300, 301, 32_767, 32_768, 32_769, PID_MAX_LIMIT - 1, PID_MAX_LIMIT, PID_MAX_LIMIT + 1];
const FAR = [2 ** 23 + 1, 2 ** 31 - PID_MAX_LIMIT, 2 ** 31 - 2, 2 ** 31 - 1];

/** A number to look for: mostly one that some pid has, or one beside it; sometimes one at an edge. */
function lookedFor(p: Pair, ns: Twin<NsRef>, choice: number): number {
  const pid = pickAlive(p, p.pids, choice >> 3);
  if (choice % 5 === 4 || pid === undefined || !p.namespaces.there.includes(ns)) return at([...EDGES, ...FAR], choice);
  const nr = p.model.pidNrNs(pid.model, choice % 3 === 0 ? p.model.initPidNs : ns.model);
  return Math.min(2 ** 31 - 1, Math.max(0, nr + at([0, 0, 0, 1, -1], choice >> 2)));
}

/** A cursor from which something happens soon: shortly before a limit, the edge of a page or of a word, or the floor. */
function cursor(p: Pair, ns: Twin<NsRef>, choice: number): number {
  const max = p.namespaces.there.includes(ns) ? p.model.pidMax(ns.model) : 301;
  const edges = [0, max, max, max, 300, 301, 32, 64, 32_768, 32_800, 65_536, 98_304, PID_MAX_LIMIT - 1, PID_MAX_LIMIT];
  return Math.min(PID_MAX_LIMIT - 1, Math.max(0, at(edges, choice) - 1 - ((choice >> 4) % 6)));
}

function at<T>(list: readonly T[], choice: number): T {
  return list[choice % list.length]!;
}

function repeat(times: number, body: (i: number) => void): void {
  for (let i = 0; i <= times; i++) body(i);
}

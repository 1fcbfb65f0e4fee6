/**
 * A scenario that makes every call of a process table, one in each step: so that memory can be refused at any place of any step,
 * and the step be done again. Each process is known by its payload, also after all of them have moved into a restored table.
 */
import type { PidAllocator, PidAllocatorOptions } from '@pidlab/contract';
import {
  __WALL,
  P_ALL,
  P_PIDFD,
  type Pidfd,
  type Process,
  type ProcessTable,
  SIGCONT,
  SIGKILL,
  SIGSTOP,
  SIGTERM,
  SIGUSR1,
  type TableSnapshot,
  WEXITED,
  WNOHANG,
  WNOWAIT,
} from '@pidlab/process-table';

/** Several pages of a pidmap in the root, and slabs that are soon full. */
export const OPTIONS: PidAllocatorOptions = {
  memory: 2 ** 21,
  capacity: 256,
  namespaces: 16,
  pidMax: 150_000,
  generationBase: 1000,
};

type Table = ProcessTable<string>;
type P = Process<string>;

/** What the steps so far have made. */
export interface TableStage {
  /** Undefined until the first step has made it. */
  t: Table | undefined;
  readonly people: Map<string, P>;
  readonly fds: Pidfd[];
  saved: TableSnapshot | undefined;
  /** What the hooks were told. */
  readonly told: string[];
  /** Makes a table over the allocator that everything happens in. */
  create(): Table;
  /** Makes a table of a snapshot, over an allocator that everything happens in from then on. */
  restore(saved: TableSnapshot): Table;
}

/** What is called, and the call. It is made again when it failed, so it keeps what it made only when it has it. */
export type TableStep = readonly [call: string, run: (stage: TableStage) => unknown];

/** All steps, in order. After the last one there is nothing left but the root namespace. */
export function tableSteps({ maxLevel }: PidAllocator['traits']): TableStep[] {
  return [
    ['createProcessTable', create],
    ...births(maxLevel),
    ...standing(),
    ...looks(),
    ...signals(),
    ...snapshots(),
    ...ends(),
  ];
}

function create(stage: TableStage): void {
  stage.t = stage.create();
  enter(stage, stage.t.init);
}

/** A step that a process makes. */
function by(name: string, call: keyof Table, run: (t: Table, p: P, stage: TableStage) => unknown): TableStep {
  return [call, (stage) => run(stage.t!, who(stage, name), stage)];
}

/** A step that makes a process. */
function born(maker: string, call: 'fork' | 'clone', run: (t: Table, p: P) => P): TableStep {
  return by(maker, call, (t, p, stage) => enter(stage, run(t, p)));
}

function forks(maker: string, ...names: string[]): TableStep[] {
  return names.map((name) => born(maker, 'fork', (t, p) => t.fork(p, name)));
}

function enter(stage: TableStage, process: P): P {
  stage.people.set(process.payload, process);
  return process;
}

function who(stage: TableStage, name: string): P {
  const process = stage.people.get(name);
  if (process === undefined) throw new Error(`nobody is ${name}`);
  return process;
}

function crowd(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${name} ${i}`);
}

/** So many that each cache needs more than one page, or batch; in namespaces that are made in each of the ways. */
function births(maxLevel: number): TableStep[] {
  return [
    ...forks('init', 'shell', 'maker'),
    ...forks('shell', ...crowd('job', 66)),
    ...crowd('thread', 3).map((payload) => born('maker', 'clone', (t, p) => t.clone(p, { thread: true, payload }))),
    born('shell', 'clone', (t, p) => t.clone(p, { newPid: true, payload: 'box', limits: { pids: 90, pidfds: 3 } })),
    ...forks('box', ...crowd('guest', 34)),
    born('guest 0', 'clone', (t, p) => t.clone(p, { thread: true, payload: 'guest thread' })),
    ...(maxLevel > 1 ? nested() : []),
    by('maker', 'unshare', (t, p) => t.unshare(p)),
    ...forks('maker', 'unshared'),
    by('maker', 'setns', (t, p) => t.setns(p, p.pidNs)),
    by('init', 'setns', (t, p, stage) => t.setns(p, who(stage, 'box').pidNs)),
    ...forks('init', 'visitor'),
    by('init', 'setns', (t, p) => t.setns(p, p.pidNs)),
    // Numbers on pages that are not there yet: the root's comes after the container's own.
    born('shell', 'clone', (t, p) => t.clone(p, { payload: 'far', setTid: [40_000] })),
    born('box', 'clone', (t, p) => t.clone(p, { payload: 'far guest', setTid: [70_000] })),
    born('shell', 'clone', (t, p) => t.clone(p, { payload: 'leader', newSession: true })),
    born('job 0', 'clone', (t, p) => t.clone(p, { payload: 'sibling', parent: true })),
    born('shell', 'clone', (t, p) => t.clone(p, { payload: 'silent', exitSignal: 0 })),
    born('shell', 'clone', (t, p) => t.clone(p, { payloadOf: () => 'made' })),
  ];
}

function nested(): TableStep[] {
  return [
    born('box', 'clone', (t, p) => t.clone(p, { newPid: true, payload: 'inner' })),
    ...forks('inner', ...crowd('deep', 3)),
    by('guest 1', 'unshare', (t, p) => t.unshare(p)),
    ...forks('guest 1', 'inner unshared'),
  ];
}

/** Groups, sessions, limits, pidfds. */
function standing(): TableStep[] {
  return [
    by('job 1', 'setsid', (t, p) => t.setsid(p)),
    by('job 2', 'setpgid', (t, p) => t.setpgid(p, 0, 0)),
    by('job 3', 'setpgid', (t, p, stage) => t.setpgid(p, 0, t.getpid(who(stage, 'job 2')))),
    by('shell', 'setChildSubreaper', (t, p) => t.setChildSubreaper(p, true)),
    by('shell', 'setLimits', (t, p) => t.setLimits(p.pidNs, { pids: 200, namespaces: 10 })),
    by('box', 'openPidfd', (t, p, stage) => stage.fds.push(t.openPidfd(p, 1))),
    by('box', 'openPidfd', (t, p, { fds, people }) => {
      fds.push(t.openPidfd(p, t.gettid(people.get('guest thread')!), { thread: true }));
    }),
    by('init', 'openPidfd', (t, p, { fds, people }) => fds.push(t.openPidfd(p, t.getpid(people.get('job 4')!)))),
  ];
}

/** What only looks. */
function looks(): TableStep[] {
  return [
    by('box', 'getpid', (t, p) => t.getpid(p)),
    by('box', 'getppid', (t, p) => t.getppid(p)),
    by('box', 'gettid', (t, p) => t.gettid(p)),
    by('box', 'getpgid', (t, p) => t.getpgid(p, 0)),
    by('box', 'getsid', (t, p) => t.getsid(p, 0)),
    by('job 2', 'isOrphanedGroup', (t, p) => t.isOrphanedGroup(p)),
    by('box', 'usage', (t, p) => t.usage(p.pidNs)),
    by('box', 'pidfdPid', (t, p, { fds }) => t.pidfdPid(p, fds[0])),
    by('init', 'nsParent', (t, p, stage) => t.nsParent(p, who(stage, 'box').pidNs)),
    by('init', 'pidFromPidNs', (t, p, stage) => t.pidFromPidNs(p, who(stage, 'box').pidNs, 1)),
    by('init', 'tgidFromPidNs', (t, p, stage) => t.tgidFromPidNs(p, who(stage, 'box').pidNs, 1)),
    by('init', 'pidInPidNs', (t, p, stage) => t.pidInPidNs(p, who(stage, 'box').pidNs, numberOf(stage, 'box'))),
    by('init', 'tgidInPidNs', (t, p, stage) => t.tgidInPidNs(p, who(stage, 'box').pidNs, numberOf(stage, 'box'))),
    by('init', 'findProcess', (t, p) => t.findProcess(1, p.pidNs)),
    by('init', 'processOf', (t, p) => t.processOf(p.task)),
    by('box', 'listProcesses', (t, p) => t.listProcesses(p.pidNs)),
    by('maker', 'listThreads', (t, p) => t.listThreads(t.getpid(p), p.pidNs)),
    by('box', 'status', (t, p) => t.status(1, p.pidNs)),
    by('init', 'checkInvariants', (t) => t.checkInvariants()),
  ];
}

/** The number of a process in the root. */
function numberOf(stage: TableStage, name: string): number {
  return stage.t!.allocator.pidNr(who(stage, name).pid);
}

function signals(): TableStep[] {
  return [
    by('guest 2', 'sigaction', (t, p) => t.sigaction(p, SIGUSR1, 'handle')),
    by('guest 2', 'sigaction', (t, p) => t.sigaction(p, 40, 'handle')),
    by('box', 'kill', (t, p, stage) => t.kill(p, t.getpid(who(stage, 'guest 2')), SIGSTOP)),
    by('box', 'sigqueue', (t, p, stage) => t.sigqueue(p, t.getpid(who(stage, 'guest 2')), 40, 'value')),
    by('box', 'kill', (t, p, stage) => t.kill(p, t.getpid(who(stage, 'guest 2')), SIGUSR1)),
    by('init', 'pidfdSendSignal', (t, p, { fds }) => t.pidfdSendSignal(p, fds[2], SIGKILL)),
    by('box', 'tgkill', (t, p, stage) => {
      const [tgid, tid] = [t.getpid(who(stage, 'guest 3')), t.gettid(who(stage, 'guest 3'))];
      t.tgkill(p, tgid, tid, SIGTERM);
    }),
    by('guest 4', 'signalFromOutside', (t, p) => t.signalFromOutside(p, SIGTERM)),
  ];
}

/** All go on in a table that is made of a snapshot, with a stopped process for which signals wait; pidfds are closed by that. */
function snapshots(): TableStep[] {
  return [
    by('box', 'closePidfd', (t, _, { fds }) => t.closePidfd(fds.shift()!)),
    by('shell', 'waitid', (t, p, stage) => t.waitid(p, P_PIDFD, stage.fds[1], WEXITED | WNOHANG | __WALL)),
    by('init', 'snapshot', (t, _, stage) => {
      stage.saved = t.snapshot();
    }),
    [
      'restoreProcessTable',
      (stage) => {
        const t = stage.restore(stage.saved!);
        stage.t = t;
        stage.fds.length = 0;
        stage.people.clear();
        const { pidNs } = t.init;
        for (const nr of t.listProcesses(pidNs))
          for (const tid of t.listThreads(nr, pidNs)) enter(stage, t.findProcess(tid, pidNs)!);
      },
    ],
    ...forks('box', 'born after that'),
    by('box', 'kill', (t, p, stage) => t.kill(p, t.getpid(who(stage, 'guest 2')), SIGCONT)),
  ];
}

/** Everybody ends, in each of the ways; the root's init last. */
function ends(): TableStep[] {
  return [
    by('thread 0', 'exec', (t, p) => t.exec(p)),
    by('guest thread', 'exit', (t, p) => t.exit(p, 1)),
    by('job 5', 'exitGroup', (t, p) => t.exitGroup(p, 2)),
    by('shell', 'waitid', (t, p) => t.waitid(p, P_ALL, 0, WEXITED | WNOHANG | WNOWAIT)),
    by('shell', 'wait4', (t, p) => t.wait4(p, -1, WNOHANG)),
    ...forks('shell', ...crowd('late job', 3)),
    by('shell', 'kill', (t, p, stage) => t.kill(p, numberOf(stage, 'box'), SIGKILL)),
    by('init', 'exitGroup', (t, p) => t.exitGroup(p, 0)),
  ];
}

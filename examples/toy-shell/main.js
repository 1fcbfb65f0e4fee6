// A toy operating system. A program is a generator; each `yield` gives the others a turn, and `yield SLEEP` waits until
// something has happened to a child or a signal has come. The process table knows who is who; this file only runs them.

import { createPidAllocator } from '@pidlab/core-hierarchical';
import { createProcessTable, SIGCHLD, SIGKILL, SIGTERM, WOULD_BLOCK } from '@pidlab/process-table';

/** @typedef {{ name: string, code: Generator<unknown, number | undefined>, asleep: boolean, handlers: Map<number, () => void> }} Program */
/** @typedef {import('@pidlab/process-table').Process<Program>} Process */

const SLEEP = 'sleep';

const t = createProcessTable({
  allocator: createPidAllocator(),
  initPayload: load('init', idle),
  deliver(process, { signal, action }) {
    if (action === 'handle') process.payload.handlers.get(signal)?.();
    process.payload.asleep = false;
  },
  exited({ payload }) {
    ready.delete(payload);
  },
  childChanged(parent) {
    parent.payload.asleep = false;
  },
});

/** The programs that run, with their processes. @type {Map<Program, Process>} */
const ready = new Map();

/** @param {string} name @param {(self: () => Process, args: string[]) => Generator<unknown, number | undefined>} program @param {string[]} args @returns {Program} */
function load(name, program, args = []) {
  /** @type {Program} */
  const loaded = {
    name,
    code: program(() => /** @type {Process} */ (ready.get(loaded)), args),
    asleep: false,
    handlers: new Map(),
  };
  return loaded;
}

/** @param {Process} parent @param {Program} program */
function start(parent, program, newPid = false) {
  const process = t.clone(parent, { newPid, payload: program });
  t.exec(process);
  ready.set(program, process);
  return process;
}

/** @returns {Generator<unknown, number | undefined>} */
function* idle() {
  for (;;) yield SLEEP;
}

/** Waits for a child, as a program does. @param {Process} self @param {number} pid */
function* wait(self, pid) {
  for (;;) {
    const waited = t.wait4(self, pid);
    if (waited !== WOULD_BLOCK && waited !== undefined) return waited;
    yield SLEEP;
  }
}

/** @type {Record<string, (self: () => Process, args: string[]) => Generator<unknown, number | undefined>>} */
const programs = {
  // Ends by itself after some turns, politely on SIGTERM.
  *work(self, [turns]) {
    yield;
    t.sigaction(self(), SIGTERM, 'handle');
    self().payload.handlers.set(SIGTERM, () => t.exitGroup(self(), 143));
    for (let i = 0; i < Number(turns); i++) yield;
    return 0;
  },
  *ps(self) {
    yield;
    const { pidNs } = self();
    console.log('  PID  PPID STATE    NAME');
    for (const nr of t.listProcesses(pidNs)) {
      const { PPid } = t.status(nr, pidNs);
      const { state, payload } = /** @type {Process} */ (t.findProcess(nr, pidNs));
      console.log(`${String(nr).padStart(5)} ${String(PPid).padStart(5)} ${state.padEnd(8)} ${payload.name}`);
    }
    return 0;
  },
  // Runs lines: `name args`, with & in the background; `kill nr` and `box` are its own.
  *sh(self, lines) {
    yield;
    for (const line of lines) {
      console.log(`${self().payload.name}$ ${line}`);
      const [command, ...args] = line.replace(/ &$/, '').split(' ');
      if (command === 'kill') {
        try {
          t.kill(self(), Number(args[0]), args[1] === '-9' ? SIGKILL : SIGTERM);
        } catch (error) {
          console.log(`kill: ${/** @type {{ code: string }} */ (error).code}`);
        }
        continue;
      }
      const isBox = command === 'box';
      const code = isBox ? load('box', programs.sh, BOX) : load(command, programs[command], args);
      const child = start(self(), code, isBox);
      const pid = t.pidInPidNs(self(), self().pidNs, t.allocator.pidNrNs(child.pid, self().pidNs));
      if (line.endsWith('&')) yield;
      else yield* wait(self(), pid);
    }
    while (self().children.length > 0) {
      const { pid, status } = yield* wait(self(), -1);
      console.log(
        `${self().payload.name}: ${pid} ended with ${status > 0xff ? `code ${status >> 8}` : `signal ${status}`}`,
      );
    }
    return 0;
  },
};

const BOX = ['work 1000 &', 'ps', 'kill 1 -9', 'kill 7', 'work 1000000'];
const SCRIPT = ['work 1000000 &', 'box &', 'work 12', 'ps', 'kill 3', 'kill 4 -9', 'ps'];

// Nobody waits for the shell; its own exec forgets this again.
t.sigaction(t.init, SIGCHLD, 'default', { noCldWait: true });
start(t.init, load('sh', programs.sh, SCRIPT));
while (ready.size > 0) {
  for (const [program, process] of [...ready]) {
    if (program.asleep || process.state !== 'running') continue;
    const turn = program.code.next();
    if (process.state !== 'running') continue;
    if (turn.done) t.exitGroup(process, turn.value ?? 0);
    else program.asleep = turn.value === SLEEP;
  }
}
console.log(`left: ${t.size}, ${t.checkInvariants().length} broken`);

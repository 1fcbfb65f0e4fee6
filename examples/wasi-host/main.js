// A host for WebAssembly guests that have processes. Each guest runs in a container of its own and is process 1 there; what the
// table refuses reaches it as an errno. The host prints every call, with the caller's number and what the guest is told.

import { PidError } from '@pidlab/contract';
import { createPidAllocator } from '@pidlab/core-hierarchical';
import { createProcessTable, SIGKILL, WNOHANG, WOULD_BLOCK } from '@pidlab/process-table';
import { guest } from './guest.js';

/** @typedef {import('@pidlab/process-table').Process<string>} Process */
/** @import { ErrnoCode } from '@pidlab/contract' */

/** WASI has errnos of its own, all positive, and 0 for success. @type {Record<ErrnoCode, number>} */
const WASI = {
  EACCES: 2,
  EAGAIN: 6,
  EBADF: 8,
  EBUSY: 10,
  ECHILD: 12,
  EEXIST: 20,
  EINVAL: 28,
  EMFILE: 33,
  ENOENT: 44,
  ENOMEM: 48,
  ENOSPC: 51,
  EPERM: 63,
  ESRCH: 71,
};
const SUCCESS = 0;

/** What unwinds the guest's stack when its process has ended. */
class Ended extends Error {}

const t = createProcessTable({ allocator: createPidAllocator(), initPayload: 'host' });
const module = new WebAssembly.Module(guest);

/** One guest: the instance, and which of its processes is running. */
class Guest {
  /** @param {Process} init */
  constructor(init) {
    /** The process that makes the next call. */
    this.running = init;
    const { exports } = new WebAssembly.Instance(module, { host: this.imports() });
    this.programs = /** @type {Record<string, () => void>} */ (exports);
    this.memory = /** @type {WebAssembly.Memory} */ (exports.memory);
  }

  /** @returns {Record<string, (...args: number[]) => number | undefined>} */
  imports() {
    return {
      proc_getpid: (out) => this.call('proc_getpid()', () => this.write(out, t.getpid(this.running))),
      proc_spawn: (program, out) => this.call(`proc_spawn(${program})`, () => this.spawn(program, out)),
      proc_wait: (pid, out, status) => this.call(`proc_wait(${pid})`, () => this.wait(pid, out, status)),
      proc_kill: (pid, signal) => this.call(`proc_kill(${pid}, ${signal})`, () => t.kill(this.running, pid, signal)),
      proc_setsid: (out) => this.call('proc_setsid()', () => this.write(out, t.setsid(this.running))),
      proc_exit: (code) => {
        this.say(`proc_exit(${code})`);
        t.exitGroup(this.running, code);
        throw new Ended();
      },
    };
  }

  /** Does what the guest asked for, and returns the errno. @param {string} what @param {() => unknown} work */
  call(what, work) {
    const caller = this.running;
    try {
      const result = work();
      this.say(`${what} = 0${result === undefined ? '' : `, ${result}`}`);
      return SUCCESS;
    } catch (error) {
      // Anything else is a mistake in the host, and not the guest's to know.
      if (!(error instanceof PidError)) throw error;
      this.say(`${what} = ${WASI[error.code]} (${error.code}; ${error.errno} in a kernel)`);
      return WASI[error.code];
    } finally {
      this.running = caller;
    }
  }

  /** Runs a program as a child until it ends, or comes back and stays. @param {number} program @param {number} out */
  spawn(program, out) {
    const parent = this.running;
    const child = t.fork(parent);
    t.exec(child);
    this.run(child, program);
    this.running = parent;
    return this.write(out, t.pidInPidNs(parent, parent.pidNs, t.allocator.pidNrNs(child.pid, parent.pidNs)));
  }

  /** @param {Process} process @param {number} program */
  run(process, program) {
    this.running = process;
    try {
      this.programs[`program${program}`]();
    } catch (error) {
      if (!(error instanceof Ended)) throw error;
    }
  }

  /** A guest cannot sleep in the middle of a call, so it is told to try again. @param {number} pid @param {number} out @param {number} status */
  wait(pid, out, status) {
    const waited = t.wait4(this.running, pid, WNOHANG);
    if (waited === undefined || waited === WOULD_BLOCK) throw new PidError('EAGAIN', 'wait', 'no child has ended yet');
    this.write(status, waited.status);
    return `${this.write(out, waited.pid)} ended with status ${waited.status}`;
  }

  /** @param {number} at @param {number} value */
  write(at, value) {
    new DataView(this.memory.buffer).setInt32(at, value, true);
    return value;
  }

  /** @param {string} what */
  say(what) {
    const { payload } = this.running;
    console.log(`${payload} ${t.getpid(this.running)}: ${what}`);
  }
}

for (const name of ['red', 'blue']) {
  const init = t.clone(t.init, { newPid: true, payload: name });
  const seen = t.allocator.pidNrNs(init.pid, t.init.pidNs);
  console.log(`host: ${name} is ${seen} here, and ${t.getpid(init)} inside`);
  new Guest(init).run(init, 0);
  const { status } = /** @type {{ status: number }} */ (t.wait4(t.init, seen));
  console.log(`host: ${name} ended with code ${status >> 8}`);
}

// A guest that never ends by itself: the host ends it, and whoever lives in its container goes with it.
const green = t.clone(t.init, { newPid: true, payload: 'green' });
new Guest(green).spawn(2, 0);
const inside = t.listProcesses(green.pidNs).length;
t.signalFromOutside(green, SIGKILL);
t.wait4(t.init, -1);
console.log(`host: green had ${inside} processes; left: ${t.size}, ${t.checkInvariants().length} broken`);

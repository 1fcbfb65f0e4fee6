import { CLONE_NEWPID, PIDTYPE_PID, PidError } from '@pidlab/contract';
import { createPidAllocator } from '@pidlab/core-hierarchical';

const a = createPidAllocator();
const host = a.initPidNs;

// The host's own first process, then a container below it.
a.allocPid(host);
const container = a.copyPidNs(CLONE_NEWPID, host);

// Two processes in the container. Each has a number there and another in the host.
const init = a.allocPid(container);
const shell = a.allocPid(container);
console.log(a.pidNrNs(init, container), a.pidNrNs(shell, container)); // → 1 2
console.log(a.pidNrNs(init, host), a.pidNrNs(shell, host)); // → 2 3

// From a number to the pid, by either name; the host's first process is nobody in the container.
console.log(a.findPidNs(2, container) === shell, a.findPid(3) === shell); // → true true
console.log(a.findPidNs(3, container)); // → undefined

// A task hangs on its pid. Whoever detaches the last task frees the pid, and its numbers.
const task = a.allocTask();
a.attachPid(task, PIDTYPE_PID, shell);
console.log(a.taskPidNrNs(task, container), a.findTaskByPidNs(2, container) === task); // → 2 true
a.detachPid(task, PIDTYPE_PID);
a.freeTask(task);
console.log(a.findPidNs(2, container)); // → undefined

// A number that is free now is still not the next one: allocation goes round.
console.log(a.pidNrNs(a.allocPid(container), container)); // → 3

// What can go wrong in a correct program throws PidError, and nothing has changed.
a.disablePidAllocation(container);
try {
  a.allocPid(container);
} catch (error) {
  if (!(error instanceof PidError)) throw error;
  console.log(error.code, error.errno, error.op); // → ENOMEM -12 allocPid
}

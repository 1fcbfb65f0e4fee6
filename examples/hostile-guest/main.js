// What hostile hands try, one after the other, and what comes of it. The comments are what it prints; below each of these lines
// stands how long that took, and how much memory the program has had at most until then, which is up to the machine.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { CLONE_NEWPID, PIDTYPE_PID } from '@pidlab/contract';
import { threadEnd } from '@pidlab/contract/worker-end';
import { createPidAllocator } from '@pidlab/core-hierarchical';
import { createPidAllocator as createSpaces } from '@pidlab/core-pidspace';
import { createProcessTable, SIGCONT, SIGKILL, SIGSTOP, SIGTERM, SIGUSR1, WNOHANG } from '@pidlab/process-table';

/** @typedef {import('@pidlab/process-table').SignalInfo} SignalInfo */
/** @typedef {import('@pidlab/process-table').Hooks<string>} Hooks */

/** A table, its init, and the signals that handlers were told of. @param {Hooks} hooks @param {number} capacity */
function host(hooks = {}, capacity = 4_096) {
  /** @type {SignalInfo[]} */
  const told = [];
  const table = createProcessTable({
    allocator: createPidAllocator({ capacity, namespaces: 512, pidMax: 4_194_304 }),
    initPayload: 'init',
    deliver: (_process, info) => void told.push(info),
    ...hooks,
  });
  return { table, init: table.init, told };
}

/** What a refusal says: its code, or that it is a bug of the caller. @param {() => unknown} call */
function refusal(call) {
  try {
    return `taken: ${call()}`;
  } catch (error) {
    const { name, code } = /** @type {{ name: string, code?: string }} */ (error);
    return code ?? name;
  }
}

let since = performance.now();

/** Says what came of it, and what it took. @param {number} number @param {unknown[]} what */
function say(number, ...what) {
  console.log(`${number}.`, ...what);
  const seconds = (performance.now() - since) / 1000;
  note(`${seconds.toFixed(2)} s, at most ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`);
  since = performance.now();
}

/** Says what is another thing on each machine. @param {string} text */
const note = (text) => console.log(`   ${text}`);

/** Microseconds of a call: the median of 5,000. @param {() => void} call */
function median(call) {
  const times = Array.from({ length: 5_000 }, () => {
    const start = performance.now();
    call();
    return performance.now() - start;
  });
  return (1_000 * times.sort((a, b) => a - b)[2_500]).toFixed(1);
}

{
  // A container whose init sits in the process group of a dead child.
  const { table, init } = host({});
  const box = table.clone(init, { newPid: true, newSession: false });
  const child = table.fork(box);
  table.setpgid(child, 0, 0);
  table.setpgid(box, 0, table.getpid(child));
  table.exit(child, 0);
  table.wait4(box, -1);
  table.kill(init, table.allocator.pidNr(box.pid), SIGKILL);
  say(1, 'the init that was killed is a', box.state);
  // → 1. the init that was killed is a zombie
}

{
  // Signals to a stopped process that has a handler, as many as there is time for.
  const { table, init, told } = host({});
  const box = table.clone(init, { newPid: true, limits: { pendingSignals: 100 } });
  const stopped = table.fork(box);
  table.sigaction(stopped, SIGUSR1, 'handle');
  table.sigaction(stopped, 40, 'handle');
  table.kill(box, table.getpid(stopped), SIGSTOP);
  for (let i = 0; i < 100_000; i++) table.kill(box, table.getpid(stopped), SIGUSR1);
  const queue = () => table.sigqueue(box, table.getpid(stopped), 40, 'value');
  for (let i = 0; i < 100; i++) queue();
  const over = refusal(queue);
  told.length = 0;
  table.kill(box, table.getpid(stopped), SIGCONT);
  say(
    2,
    `of 100,000 and 100 signals ${told.filter(({ action }) => action === 'handle').length} waited; one more was ${over}`,
  );
  // → 2. of 100,000 and 100 signals 101 waited; one more was EAGAIN
}

{
  // Children of one group, one of them stopped, and another ends: each SIGHUP used to look for the next.
  const { table, init } = host({}, 65_536);
  const maker = table.fork(init);
  const children = Array.from({ length: 50_000 }, () => table.fork(maker));
  table.kill(init, table.getpid(children[0]), SIGSTOP);
  table.exit(children[1], 0);
  table.kill(init, table.getpid(maker), SIGKILL);
  say(3, `the maker of ${children.length} children is a ${maker.state}, and the first of them is ${children[0].state}`);
  // → 3. the maker of 50000 children is a zombie, and the first of them is stopped
}

{
  // A fork bomb: within its limit it takes nothing from its neighbours, and all of it is there again when it is ended.
  const { table, init } = host({}, 2_048);
  const neighbour = table.clone(init, { newPid: true });
  const round = () => {
    table.exit(table.fork(neighbour), 0);
    table.wait4(neighbour, -1);
  };
  const bomb = table.clone(init, { newPid: true, limits: { pids: 1_000 } });
  median(round);
  const before = median(round);
  let births = 0;
  while (refusal(() => table.fork(bomb)) !== 'EAGAIN') births++;
  const beside = median(round);
  table.kill(init, table.allocator.pidNr(bomb.pid), SIGKILL);
  table.wait4(init, -1);
  let boxes = 0;
  while (boxes < 400 && table.clone(init, { newPid: true })) boxes++;
  say(4, `after a bomb of ${births + 1} processes there is room for ${boxes} containers`);
  // → 4. after a bomb of 1000 processes there is room for 400 containers
  note(`its neighbour’s fork, exit and wait took ${before} µs before the bomb, and ${beside} µs beside it`);
}

{
  // Limits, as the pids cgroup has them, and numbers from 1 up.
  const { table, init } = host({ mayFork: (caller) => caller.payload !== 'forbidden' });
  const box = table.clone(init, { newPid: true, limits: { pids: 3 } });
  table.fork(box);
  table.fork(box);
  const answers = [refusal(() => table.fork(box)), refusal(() => table.fork(table.fork(init, 'forbidden')))];
  const { current, peak, max, events } = table.usage(box.pidNs).pids;
  table.allocator.setPidMax(box.pidNs, 3);
  table.setLimits(box.pidNs, { pids: 100 });
  answers.push(refusal(() => table.fork(box)));
  say(5, `pids ${current} of ${max}, peak ${peak}, ${events} refused; ${answers.join(', ')}`);
  // → 5. pids 3 of 3, peak 3, 1 refused; EAGAIN, EPERM, EAGAIN
}

{
  // Namespaces made in a loop until no serial is left: a snapshot in which all but a few have been given says so.
  const words = new Int32Array(createPidAllocator({ capacity: 64, namespaces: 8 }).snapshot().slice().buffer);
  words[4 + 16] = -0x85eb_ca6b * 3; // the header's lastSerial, three steps from the end
  let sum = 0x811c_9dc5 | 0;
  for (let i = 4; i < words.length; i++) sum = Math.imul(sum ^ words[i], 0x0100_0193);
  words[2] = sum;
  const a = createPidAllocator({ snapshot: new Uint8Array(words.buffer) });
  for (let i = 0; i < 100_000; i++) a.putPidNs(a.copyPidNs(CLONE_NEWPID, a.initPidNs));
  say(6, `100,000 namespaces more were made; violated: ${a.checkInvariants().violations.length}`);
  // → 6. 100,000 namespaces more were made; violated: 0
}

{
  // The largest number of the last space, which made every listing of the root throw.
  const allocator = createSpaces({ capacity: 4_096, namespaces: 511 });
  const table = createProcessTable({ allocator, initPayload: '' });
  const spaces = Array.from({ length: 511 }, () => allocator.copyPidNs(CLONE_NEWPID, allocator.initPidNs));
  table.setns(table.init, spaces[510]);
  const last = table.fork(table.init);
  table.setns(table.init, table.init.pidNs);
  table.clone(last, { setTid: [4_194_303] });
  table.kill(table.init, -1, 0);
  say(7, 'the root lists', table.listProcesses(allocator.initPidNs).join(', '));
  // → 7. the root lists 1, 2143289345, 2147483647
}

{
  // Out of the box: kill(0), numbers outside, SIGCONT.
  /** @type {string[]} */
  const asked = [];
  const { table, init } = host({
    mayKill(_sender, _target, signal) {
      asked.push(String(signal));
      return false;
    },
  });
  const shell = table.fork(init);
  const box = table.clone(shell, { newPid: true });
  const guest = table.fork(box);
  const answers = [
    refusal(() => table.clone(guest, { setTid: [7, 4_000] })),
    refusal(() => table.kill(guest, 1, SIGCONT)),
    refusal(() => table.kill(guest, 0, SIGTERM)),
  ];
  say(
    8,
    `the guest is a ${guest.state}, the shell is ${shell.state}; ${answers.join(', ')}; asked about ${asked.join(', ')}`,
  );
  // → 8. the guest is a zombie, the shell is running; EPERM, EPERM, taken: undefined; asked about 18, 15
}

{
  // A snapshot with a lock in it that nobody has, restored for threads.
  const a = createPidAllocator({ shared: true, capacity: 64, namespaces: 8 });
  const ns = a.copyPidNs(CLONE_NEWPID, a.initPidNs);
  const pid = a.allocPid(ns);
  a.attachPid(a.allocTask(), PIDTYPE_PID, pid);
  const snapshot = a.snapshot();
  const counts = { refused: 0, works: 0 };
  const words = new Int32Array(snapshot.slice().buffer);
  for (let at = 4; at < 4 + 1_024; at += 1) {
    const damaged = words.slice();
    damaged[at] ^= 1;
    let sum = 0x811c_9dc5 | 0;
    for (let i = 4; i < damaged.length; i++) sum = Math.imul(sum ^ damaged[i], 0x0100_0193);
    damaged[2] = sum;
    try {
      const again = createPidAllocator({ snapshot: new Uint8Array(damaged.buffer), shared: true });
      again.putPidNs(again.copyPidNs(CLONE_NEWPID, again.initPidNs));
      if (again.checkInvariants().violations.length === 0) counts.works++;
    } catch {
      counts.refused++;
    }
  }
  say(9, `${counts.refused + counts.works} of 1024 damaged headers are refused or work`);
  // → 9. 1024 of 1024 damaged headers are refused or work
}

{
  // A worker that is terminated in the middle of what it does.
  const a = createPidAllocator({ shared: true, workers: 2 });
  const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: a.share() });
  const [slot] = await once(worker, 'message');
  const end = threadEnd(worker);
  void worker.terminate();
  await end;
  a.declareGone(slot);
  for (let i = 0; i < 1_000; i++) a.freePid(a.allocPid(a.initPidNs));
  say(10, `its thread has ended, and it was declared gone; violated: ${a.checkInvariants().violations.length}`);
  // → 10. its thread has ended, and it was declared gone; violated: 0
}

{
  // Objects that are not ours.
  const { table, init } = host({});
  const fd = table.openPidfd(init, 1);
  const answers = [
    refusal(() => table.fork(new Proxy(init, {}))),
    refusal(() => table.closePidfd(Object.create(fd))),
    refusal(() => createPidAllocator(/** @type {any} */ (null))),
    refusal(() => createProcessTable(/** @type {any} */ ({}))),
    refusal(() => table.kill(init, /** @type {any} */ (2n ** 1_000_000n), 0)),
  ];
  say(11, `${answers.join(', ')}; broken: ${table.checkInvariants().length}`);
  // → 11. PidBug, PidBug, PidBug, PidBug, PidBug; broken: 0
}

{
  // Signals say what the kernel's say.
  const { table, init, told } = host({});
  const box = table.clone(init, { newPid: true });
  table.sigaction(box, SIGUSR1, 'handle');
  const fd = table.openPidfd(init, table.allocator.pidNr(box.pid), { thread: true });
  table.pidfdSendSignal(init, fd, SIGUSR1);
  table.kill(init, table.allocator.pidNr(box.pid), SIGUSR1);
  const codes = told.map(({ code, pid }) => `si_code ${code} from ${pid}`);
  say(
    12,
    `${codes.join(', ')}; ${table.wait4(init, -1, WNOHANG) === undefined ? 'nobody has ended' : 'somebody has ended'}`,
  );
  // → 12. si_code -6 from 0, si_code 0 from 0; nobody has ended
}

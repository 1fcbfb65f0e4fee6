// Reads strace's log into entries: what happened, to whom, between which lines. Whom is a life: one process or thread from
// birth to end, since numbers outside and inside the namespace are used again.

/** One traced thread. `nr` is its number in the namespace, known when its parent's clone() has returned. */
const newLife = (outer, since) => ({ outer, since, nr: undefined, isLeader: true });

/** @returns entries `{ kind, at, … }`, a life wherever an event has a number; `at` is a line, a birth's `since` the earliest one. */
export function readLog(text) {
  const s = { alive: new Map(), unnamed: new Map(), holders: new Map(), pending: new Map(), entries: [], outside: undefined };
  text.split('\n').forEach((line, index) => {
    const match = /^(\d+) +(.*)$/.exec(line);
    if (match) readLine(s, Number(match[1]), match[2], index);
  });
  return s.entries;
}

function readLine(s, outer, text, line) {
  const life = lifeOf(s, outer, line);
  const superseded = /^\+\+\+ superseded by execve in pid (\d+)/.exec(text);
  if (superseded) return supersede(s, life, Number(superseded[1]));
  if (/^\+\+\+ (exited|killed)/.test(text)) return end(s, life, line);

  const unfinished = /^(.*?) ?<unfinished \.\.\.>/.exec(text);
  if (unfinished) return void s.pending.set(outer, { text: unfinished[1], since: line });
  const call = resume(s, outer, text, line);
  const parsed = /^(\w+)\((.*)\) += (-?\d+)(.*)$/.exec(call.text);
  if (parsed) finishCall(s, life, { name: parsed[1], args: parsed[2], result: Number(parsed[3]), note: parsed[4] }, call.since, line);
}

/** The whole of a call whose end this line is, and the line on which it began. */
function resume(s, outer, text, line) {
  const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(text);
  const begun = s.pending.get(outer);
  s.pending.delete(outer);
  return resumed ? { text: begun.text + resumed[1], since: begun.since } : { text, since: line };
}

function finishCall(s, life, call, since, line) {
  if (call.result < 0) return;
  if (/^(clone3?|v?fork)$/.test(call.name)) return birth(s, life, call, since, line);
  if (/^unshare|^setns/.test(call.name)) return leaveNamespace(s, life, call);
  if (life.nr === 0) return;
  if (/^execve/.test(call.name)) exec(s, life, line);
  if (call.name === 'setsid') s.entries.push({ kind: 'setsid', at: line, task: life });
  if (call.name === 'setpgid') setpgid(s, life, call, line);
  if (/^wait/.test(call.name)) wait(s, life, call, line);
}

/** The life that this outer number stands for now. Its first line may come before the clone() that made it returns. */
function lifeOf(s, outer, line) {
  let life = s.alive.get(outer);
  if (life === undefined) {
    life = newLife(outer, line);
    s.alive.set(outer, life);
    s.unnamed.set(outer, life);
    // Whoever is there first is `unshare`, outside the namespace.
    if (s.outside === undefined) name(s, (s.outside = life), 0);
  }
  return life;
}

function name(s, life, nr) {
  life.nr = nr;
  s.unnamed.delete(life.outer);
  s.holders.set(nr, life);
}

function birth(s, parent, { name: callName, args, result, note }, since, line) {
  if (/CLONE_NEWPID/.test(args)) throw new Error(`line ${line + 1}: a namespace in the namespace cannot be told apart`);
  const translated = /(\d+) in strace's PID NS/.exec(note);
  const nr = parent === s.outside ? 1 : result;
  const outer = parent === s.outside ? result : Number(translated?.[1]);
  if (!outer) throw new Error(`line ${line + 1}: ${callName}() gave ${nr}, whose number outside is not known`);
  const child = s.unnamed.get(outer) ?? lifeOf(s, outer, line);
  if (child.nr !== undefined) throw new Error(`line ${line + 1}: ${outer} is born twice, as ${child.nr} and ${nr}`);
  name(s, child, nr);
  child.isLeader = !/CLONE_THREAD/.test(args);
  s.entries.push({ kind: child.isLeader ? 'fork' : 'thread', at: Math.min(line, child.since), since, parent, child });
}

/** The recorder's own unshare() is the only one that may change pid namespaces. */
function leaveNamespace(s, life, { name: callName, args }) {
  if (life !== s.outside && /CLONE_NEWPID/.test(args)) throw new Error(`${callName}() by ${life.outer} leaves the namespace`);
}

function setpgid(s, caller, { args }, line) {
  const [target, group] = args.split(',').map((arg) => Number.parseInt(arg, 10));
  const task = target === 0 ? caller : s.holders.get(target);
  s.entries.push({ kind: 'setpgid', at: line, task, group: group === 0 ? task : group });
}

/** Only what reaps: not a look that leaves the zombie (WNOWAIT), nor news of a child that stopped or went on. */
function wait(s, parent, { name: callName, args, result }, line) {
  const nr = callName === 'waitid' ? Number(/si_pid=(\d+)/.exec(args)?.[1] ?? 0) : result;
  if (nr === 0 || /WNOWAIT|WIFSTOPPED|WIFCONTINUED|CLD_(STOPPED|CONTINUED|TRAPPED)/.test(args)) return;
  s.entries.push({ kind: 'wait', at: line, parent, child: s.holders.get(nr) ?? nr });
}

function end(s, life, line) {
  s.alive.delete(life.outer);
  if (life !== s.outside) s.entries.push({ kind: 'exit', at: line, task: life });
}

function exec(s, life, line) {
  s.entries.push({ kind: 'exec', at: line, task: life, former: life.successor ?? life });
  life.successor = undefined;
}

/** A thread that is not the leader starts a program: it takes the leader's number, outside and inside, and its call goes on under it. */
function supersede(s, leader, outerOfThread) {
  leader.successor = s.alive.get(outerOfThread);
  s.alive.delete(outerOfThread);
  s.pending.set(leader.outer, s.pending.get(outerOfThread));
  s.pending.delete(outerOfThread);
}

// Puts the log's entries into the kernel's order, as far as the numbers tell it, and makes events of them.

/**
 * Sorts by place in the log, after moving each birth up to where the kernel must have given its number: before the next
 * higher number, and before the first thing that the child did.
 *
 * @returns the events, and how many births the numbers alone have `moved`
 */
export function inOrder({ pidMax, floor }, entries) {
  const births = entries.filter(isBirth).sort((a, b) => a.at - b.at);
  numberSerially(births, pidMax - floor, floor);
  births.sort((a, b) => a.serial - b.serial);
  const moved = moveUp(births);
  entries.sort((a, b) => a.at - b.at || rank(a) - rank(b));
  return { events: entries.map(toEvent), moved };
}

/** Births come first among entries of one line, which is then the child's first: in the order of their numbers. */
function rank({ serial = Number.MAX_SAFE_INTEGER }) {
  return serial;
}

/** No birth after that of a higher number. Impossible before its own clone() began. */
function moveUp(births) {
  let moved = 0;
  for (let i = births.length - 2; i >= 0; i--) {
    if (births[i].at <= births[i + 1].at) continue;
    births[i].at = births[i + 1].at;
    moved++;
  }
  const early = births.find((birth) => birth.at < birth.since);
  if (early) throw new Error(`${early.child.nr} is given before its clone() began (line ${early.since + 1})`);
  return moved;
}

/** Counts numbers on over wraps: a number `cycle` below its neighbours was given one round later. */
function numberSerially(births, cycle, floor) {
  let last = 0;
  for (const birth of births) {
    const { nr } = birth.child;
    const rounds = nr < floor ? 0 : Math.max(0, Math.round((last + 1 - nr) / cycle));
    birth.serial = nr + rounds * cycle;
    last = Math.max(last, birth.serial);
  }
}

export function isBirth({ kind }) {
  return kind === 'fork' || kind === 'thread';
}

/** From an entry, whose lives are objects, to an event, whose lives are numbers. */
function toEvent({ at: _at, since: _since, serial: _serial, ...event }) {
  for (const [field, value] of Object.entries(event)) if (typeof value === 'object') event[field] = nrOf(value);
  return event;
}

function nrOf(life) {
  if (life.nr === undefined) throw new Error(`the log never says the number of ${life.outer} (line ${life.since})`);
  return life.nr;
}

/** Adds a `reap` after each process's exit that is not followed by a wait before its number's next life. */
export function reapUnwaited(events) {
  const leaders = new Set();
  const waiting = new Map();
  const unwaited = new Set();
  for (const event of events) {
    if (event.kind === 'fork') leaders.add(event.child);
    if (event.kind === 'thread') leaders.delete(event.child);
    if (isBirth(event) && waiting.has(event.child)) unwaited.add(waiting.get(event.child));
    if (event.kind === 'exit' && leaders.has(event.task)) waiting.set(event.task, event);
    if (isBirth(event) || event.kind === 'wait') waiting.delete(event.child);
  }
  for (const event of waiting.values()) unwaited.add(event);
  return events.flatMap((event) => (unwaited.has(event) ? [event, { kind: 'reap', child: event.task }] : [event]));
}

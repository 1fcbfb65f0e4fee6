// The guest: a WebAssembly module, put together byte by byte, so that nothing has to be compiled. It knows its imports and its
// own memory, and nothing of JavaScript. Every import returns an errno, and writes what it has to say into the memory.

/** The imports, with how many numbers each takes. All but `proc_exit` return an errno. */
const IMPORTS = { proc_getpid: 1, proc_spawn: 2, proc_wait: 3, proc_kill: 2, proc_setsid: 1, proc_exit: 1 };

/** Where in the memory it keeps numbers. */
const PID = 0;
const STATUS = 4;

const SIGKILL = 9;
const ANY = -1;

/** Programs that can be spawned, by number; 0 is what runs first. */
const MAIN = 0;
const WORKER = 1;
const DAEMON = 2;

const programs = {
  [MAIN]: [
    drop('proc_getpid', i32(PID)),
    drop('proc_spawn', i32(WORKER), i32(PID)),
    drop('proc_wait', i32(ANY), i32(PID), i32(STATUS)),
    drop('proc_wait', i32(ANY), i32(PID), i32(STATUS)),
    drop('proc_spawn', i32(DAEMON), i32(PID)),
    drop('proc_wait', i32(ANY), i32(PID), i32(STATUS)),
    drop('proc_kill', load(PID), i32(SIGKILL)),
    drop('proc_wait', load(PID), i32(PID), i32(STATUS)),
    drop('proc_kill', i32(1), i32(SIGKILL)),
    drop('proc_kill', i32(1), i32(65)),
    // It ends with the errno of a call as its code: the number has come through.
    call('proc_exit', call('proc_kill', load(PID), i32(SIGKILL))),
  ],
  // Leads a session, which it cannot do twice, and says so by its code.
  [WORKER]: [drop('proc_setsid', i32(PID)), call('proc_exit', call('proc_setsid', i32(PID)))],
  // Comes back without proc_exit: it stays.
  [DAEMON]: [drop('proc_getpid', i32(PID))],
};

/** @typedef {number[]} Code bytes */

/** @param {number} value @returns {Code} */
function i32(value) {
  return [0x41, ...signed(value)];
}

/** @param {number} address @returns {Code} */
function load(address) {
  return [...i32(address), 0x28, 2, 0];
}

/** @param {keyof typeof IMPORTS} name @param {Code[]} values @returns {Code} */
function call(name, ...values) {
  return [...values.flat(), 0x10, Object.keys(IMPORTS).indexOf(name)];
}

/** @param {keyof typeof IMPORTS} name @param {Code[]} values @returns {Code} */
function drop(name, ...values) {
  return [...call(name, ...values), 0x1a];
}

/** LEB128 of a number in [-2^31, 2^31). @param {number} value @returns {Code} */
function signed(value) {
  const low = value & 0x7f;
  const rest = value >> 7;
  const isLast = (rest === 0 && low < 0x40) || (rest === -1 && low >= 0x40);
  return isLast ? [low] : [low | 0x80, ...signed(rest)];
}

/** The same of a length. @param {number} value @returns {Code} */
function length(value) {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...length(value >> 7)];
}

/** @param {Code[]} items @returns {Code} */
function list(items) {
  return [...length(items.length), ...items.flat()];
}

/** @param {string} text @returns {Code} */
function text(text) {
  return list([...new TextEncoder().encode(text)].map((byte) => [byte]));
}

/** @param {number} id @param {Code} content @returns {Code} */
function section(id, content) {
  return [id, ...length(content.length), ...content];
}

const I32 = 0x7f;
const names = Object.entries(IMPORTS);
const bodies = Object.values(programs).map((code) => [0, ...code.flat(), 0x0b]);

/** The module. It exports `memory`, and its programs as `program0` and so on. */
export const guest = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  // Types: one for each import, then that of a program.
  ...section(
    1,
    list([
      ...names.map(([name, count]) => [
        0x60,
        ...list(Array(count).fill([I32])),
        ...list(name === 'proc_exit' ? [] : [[I32]]),
      ]),
      [0x60, 0, 0],
    ]),
  ),
  ...section(2, list(names.map(([name], type) => [...text('host'), ...text(name), 0, type]))),
  ...section(3, list(bodies.map(() => [names.length]))),
  ...section(5, list([[0, 1]])),
  ...section(
    7,
    list([[...text('memory'), 2, 0], ...bodies.map((_, nr) => [...text(`program${nr}`), 0, names.length + nr])]),
  ),
  ...section(10, list(bodies.map((body) => [...length(body.length), ...body]))),
]);

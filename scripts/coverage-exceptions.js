// What nothing runs, and why.

/**
 * @typedef {object} Exception
 * @property {string} file The end of the source's path.
 * @property {string} text What stands in the line, or in one of the `lines` above.
 * @property {number} [lines] How many lines it is about; 1 unless it says more.
 * @property {string} why
 */

/** @type {readonly Exception[]} */
export const EXCEPTIONS = [];

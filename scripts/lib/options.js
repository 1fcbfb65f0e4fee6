// What the root scripts do with their options.

import { parseArgs } from 'node:util';

/**
 * The options of a script. `--help` prints `usage` and ends; what the script does not know is refused, with exit code 2.
 *
 * @template {NonNullable<import('node:util').ParseArgsConfig['options']>} T
 * @param {string} usage
 * @param {T} options
 */
export function optionsOf(usage, options) {
  try {
    const { values } = parseArgs({ options: { ...options, help: { type: 'boolean' } } });
    if (!Reflect.get(values, 'help')) return values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    process.exit(2);
  }
  console.log(usage);
  process.exit(0);
}

import { json } from './json.ts';
import { junit } from './junit.ts';
import { pretty } from './pretty.ts';
import type { Reporter } from './reporter.ts';
import { tap } from './tap.ts';

/** The reporters by name; `colour` is for those that people read. */
export const REPORTERS: Readonly<Record<string, (colour: boolean) => Reporter>> = { pretty, tap, junit, json };

import { json } from './json.ts';
import { junit } from './junit.ts';
import { pretty } from './pretty.ts';
import type { Page, Reporter } from './reporter.ts';
import { tap } from './tap.ts';

/** The reporters by name; `page` is for those that people read. */
export const REPORTERS: Readonly<Record<string, (page: Page) => Reporter>> = { pretty, tap, junit, json };

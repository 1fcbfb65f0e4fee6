// Writes docs/clauses.md: every clause of the suite, with where it comes from. Run after a build.
import { writeFileSync } from 'node:fs';
import { clauseList } from '../dist/cli/clause-list.js';

writeFileSync(new URL('../docs/clauses.md', import.meta.url), clauseList());

// The whole of a checking process: a strategy's spec in, what was found out.
import type { Strategy } from '@pidlab/contract';
import { STRATEGIES } from './builtins.ts';
import { check } from './check.ts';
import { loadModule, type SubjectSpec } from './subjects.ts';

const spec = JSON.parse(process.argv[2]) as SubjectSpec;
const strategy = spec.module === undefined ? await STRATEGIES[spec.id]() : await loadModule(spec.module);
process.send?.(await check(strategy as Strategy, spec), () => process.disconnect());

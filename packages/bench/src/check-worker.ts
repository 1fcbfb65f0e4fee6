// The whole of a checking process: a strategy's spec and what to check in, what was found out.
import type { Strategy } from '@pidlab/contract';
import { STRATEGIES } from './builtins.ts';
import { type CheckOptions, check } from './check.ts';
import { loadModule, type SubjectSpec } from './subjects.ts';

const [spec, options] = process.argv.slice(2).map((each) => JSON.parse(each)) as [SubjectSpec, CheckOptions];
const strategy = spec.module === undefined ? await STRATEGIES[spec.id]() : await loadModule(spec.module);
process.send?.(await check(strategy as Strategy, spec, options), () => process.disconnect());

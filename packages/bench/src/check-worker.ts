// The whole of a checking process: the name of a built-in strategy in, what was found out.
import type { Strategy } from '@pidlab/contract';
import { STRATEGIES } from './builtins.ts';
import { check } from './check.ts';

const strategy = (await STRATEGIES[process.argv[2]]()) as Strategy;
process.send?.(await check(strategy), () => process.disconnect());

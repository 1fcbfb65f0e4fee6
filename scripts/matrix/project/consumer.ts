// Every entry of every package, as a program that is checked strictly uses it. Compiled, bundled and run in an empty project.
import { chapters, runConformance } from '@pidlab/conformance';
import { describeConformance } from '@pidlab/conformance/vitest';
import { CLONE_NEWPID, type NsRef, type PidAllocator, PidError, type Strategy, type Traits } from '@pidlab/contract';
import * as flat from '@pidlab/core-flat';
import { traits as flatTraits } from '@pidlab/core-flat/traits';
import { attachPidAllocator, createPidAllocator } from '@pidlab/core-hierarchical';
import * as single from '@pidlab/core-hierarchical/single';
import { createPidAllocator as createPidspace, pidToPidspace } from '@pidlab/core-pidspace';
import { createProcessTable } from '@pidlab/process-table';

const strategies: readonly Strategy[] = [flat, single];
const traits: Traits = flatTraits;
const a: PidAllocator = createPidAllocator({ capacity: 100 });
const container: NsRef = a.copyPidNs(CLONE_NEWPID, a.initPidNs);
console.log(a.pidNrNs(a.allocPid(container), container), strategies.length, traits.strategy);

const spaces = createPidspace();
console.log(pidToPidspace(spaces.pidNr(spaces.allocPid(spaces.pidspaceInit(7)))));

const table = createProcessTable({ allocator: single.createPidAllocator(), initPayload: 'init' });
console.log(table.getpid(table.fork(table.init, 'child')));

try {
  a.allocPid(container, [0]);
} catch (error) {
  if (error instanceof PidError) console.log(error.code);
}

export { attachPidAllocator, chapters, describeConformance, runConformance };

// What a bundler is given: the libraries, without types.
import { createPidAllocator } from '@pidlab/core-hierarchical/single';
import { createProcessTable } from '@pidlab/process-table';

const t = createProcessTable({ allocator: createPidAllocator(), initPayload: 'init' });
const container = t.clone(t.init, { newPid: true, payload: 'container' });
console.log(t.getpid(container), t.getpid(t.fork(container, 'inside')));

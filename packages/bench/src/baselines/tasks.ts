import { PIDTYPE_MAX } from '@pidlab/contract';

// Task lists over plain objects, for every baseline: doubly linked, one list for each type, on the pid.

/** A pid object as far as its tasks go. */
export class PidObject {
  /** First task of each type; made with the first task, since most pids of a benchmark never get one. */
  tasks: (Task | undefined)[] | undefined;
}

/** A task: its pid, the next and the previous task, for each type. */
export class Task {
  readonly pid: (PidObject | undefined)[] = [undefined, undefined, undefined, undefined];
  readonly next: (Task | undefined)[] = [undefined, undefined, undefined, undefined];
  readonly previous: (Task | undefined)[] = [undefined, undefined, undefined, undefined];
}

/** The four task calls of a workload; who extends it says how a pid is freed. */
export abstract class TaskLists<P extends PidObject> {
  abstract freePid(pid: P): void;

  allocTask(): Task {
    return new Task();
  }

  /** Nothing to do: the garbage collector takes it. */
  freeTask(_task: Task): void {}

  attachPid(task: Task, type: number, pid: P): void {
    pid.tasks ??= [undefined, undefined, undefined, undefined];
    const first = pid.tasks[type];
    task.pid[type] = pid;
    task.next[type] = first;
    if (first) first.previous[type] = task;
    pid.tasks[type] = task;
  }

  detachPid(task: Task, type: number): void {
    const pid = task.pid[type] as P | undefined;
    if (!pid?.tasks) throw new Error('the task has no pid of that type');
    const next = task.next[type];
    const previous = task.previous[type];
    if (next) next.previous[type] = previous;
    if (previous) previous.next[type] = next;
    else pid.tasks[type] = next;
    task.pid[type] = undefined;
    task.next[type] = undefined;
    task.previous[type] = undefined;
    for (let t = 0; t < PIDTYPE_MAX; t++) if (pid.tasks[t]) return;
    this.freePid(pid);
  }
}

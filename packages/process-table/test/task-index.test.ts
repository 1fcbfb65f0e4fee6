import type { TaskRef } from '@pidlab/contract';
import { expect, test } from 'vitest';
import type { Task } from '../src/task.ts';
import { addTask, allTasks, createIndex, findTask, removeTask } from '../src/task-index.ts';

const record = (task: number): Task<unknown> => ({ task: task as TaskRef }) as unknown as Task<unknown>;

test('handles that agree in their low bits do not meet', () => {
  const index = createIndex<Task<unknown>>();
  const [a, b, c] = [5, 2 ** 24 + 5, 2 ** 40 + 5].map(record);
  for (const task of [a, b, c]) addTask(index, task);
  expect([a, b, c].map(({ task }) => findTask(index, task))).toEqual([a, b, c]);
  expect([findTask(index, (2 ** 30 + 5) as TaskRef), findTask(index, 6 as TaskRef)]).toEqual([undefined, undefined]);
  removeTask(index, b);
  removeTask(index, a);
  expect([a, b, c].map(({ task }) => findTask(index, task))).toEqual([undefined, undefined, c]);
  addTask(index, a);
  expect([[...allTasks(index)], index.size]).toEqual([[a, c], 2]);
});

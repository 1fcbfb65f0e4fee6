/** The part of a run that a worker thread has: it attaches, performs programs by name, and detaches. */
import type { AttachPidAllocator, PidAllocator, PidAllocatorDescriptor, Strategy } from '@pidlab/contract';
import { abandon, crewOf, type Role } from './crew.ts';
import * as programs from './programs.ts';

export type ProgramName = keyof typeof programs;

/** What a worker is asked. Each question is answered, in order. */
export type Question =
  | {
      readonly ask: 'attach';
      readonly stage: number;
      readonly url: string;
      readonly descriptor: PidAllocatorDescriptor;
    }
  | ({ readonly ask: 'perform'; readonly stage: number } & Performance)
  | { readonly ask: 'detach'; readonly stage: number };

/** One thread's part, and what it is told. */
export interface Performance extends Role {
  readonly program: ProgramName;
  readonly args: unknown;
}

/** What it says. */
export type Answer = { readonly value: unknown } | { readonly error: string; readonly name: string };

/** Answers questions until the thread ends. */
export function createWorker(): (question: Question) => Promise<Answer> {
  const stages = new Map<number, PidAllocator>();
  let attach: AttachPidAllocator | undefined;
  return async (question) => {
    try {
      return { value: await answer(question) };
    } catch (error) {
      return answerOf(error);
    }
  };

  async function answer(question: Question): Promise<unknown> {
    switch (question.ask) {
      case 'attach': {
        attach = joiningOf((await import(question.url)) as Strategy);
        const a = attach(question.descriptor);
        stages.set(question.stage, a);
        return a.workerSlot;
      }
      case 'perform':
        return perform(there(stages.get(question.stage)), question, there(attach));
      case 'detach':
        there(stages.get(question.stage)).detach();
        return stages.delete(question.stage);
    }
  }
}

/** What a strategy exports for joining. */
export function joiningOf({ attachPidAllocator, traits }: Strategy): AttachPidAllocator {
  if (attachPidAllocator === undefined) throw new Error(`${traits.strategy} exports no attachPidAllocator`);
  return attachPidAllocator;
}

function there<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('not attached');
  return value;
}

/** Performs a program, from the same instant on as all who take part. */
export function perform(a: PidAllocator, { program, args, ...role }: Performance, attach: AttachPidAllocator): unknown {
  const crew = crewOf(role, attach);
  try {
    crew.meet();
    // biome-ignore lint/performance/noDynamicNamespaceImportAccess: all of them are there to be asked for by name
    return programs[program](a, args as never, crew);
  } catch (error) {
    abandon(role.commons);
    throw error;
  }
}

/** An error as it can be posted. */
export function answerOf(error: unknown): Answer {
  if (error instanceof Error) return { name: error.name, error: error.stack ?? error.message };
  return { name: 'Error', error: String(error) };
}

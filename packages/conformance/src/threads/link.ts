/** Questions and answers over anything that carries messages in order. */
import type { Answer, Question } from './worker.ts';
import { createWorker } from './worker.ts';

/** The main thread's end. */
export interface Link {
  readonly ask: (question: Question) => Promise<Answer>;
  readonly receive: (answer: Answer) => void;
  /** No answer comes any more: to all that was asked, this is it. */
  readonly break: (why: string) => void;
}

/** Answers come in the order of the questions. */
export function connect(post: (question: Question) => void): Link {
  const waiting: ((answer: Answer) => void)[] = [];
  return {
    ask: (question) =>
      new Promise((resolve) => {
        waiting.push(resolve);
        post(question);
      }),
    receive: (answer) => waiting.shift()?.(answer),
    break(why) {
      for (const resolve of waiting.splice(0)) resolve({ name: 'Error', error: why });
    },
  };
}

/** The worker's end: what to do with a message. */
export function serve(post: (answer: Answer) => void): (question: Question) => Promise<void> {
  const work = createWorker();
  return async (question) => post(await work(question));
}

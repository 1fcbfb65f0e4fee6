import { serve } from './link.ts';
import type { Question } from './worker.ts';

declare const self: {
  postMessage(message: unknown): void;
  onmessage: ((event: { readonly data: Question }) => void) | null;
};
declare const navigator: { readonly locks: { request(name: string, whenHeld: () => Promise<void>): Promise<void> } };
declare const crypto: { randomUUID(): string };

const work = serve((answer) => self.postMessage(answer));
self.onmessage = ({ data }) => void work(data);

// Held until this thread is gone: that is how others know.
const lock = `pidlab worker ${crypto.randomUUID()}`;
void navigator.locks.request(lock, () => {
  self.postMessage({ lock });
  return new Promise(() => {});
});

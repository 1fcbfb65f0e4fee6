import { holdThread } from '@pidlab/contract/worker-end';
import { serve } from './link.ts';
import type { Question } from './worker.ts';

declare const self: {
  postMessage(message: unknown): void;
  onmessage: ((event: { readonly data: Question }) => void) | null;
};

const work = serve((answer) => self.postMessage(answer));
self.onmessage = ({ data }) => void work(data);

void holdThread().then((hold) => self.postMessage({ hold }));

/** Workers of a browser. The page has to be cross-origin isolated: COOP and COEP headers. */
import { threadEnd } from '@pidlab/contract/worker-end';
import type { Host, Thread } from './arena.ts';
import { connect } from './link.ts';
import type { Answer } from './worker.ts';

// What is used of the browser; the package's other modules are for Node, and one set of types is enough.
interface BrowserWorker {
  postMessage(message: unknown): void;
  terminate(): void;
  onmessage: ((event: { readonly data: Answer | { readonly hold: string | undefined } }) => void) | null;
  onerror: ((event: { readonly message: string }) => void) | null;
}
declare const Worker: new (url: string | URL, options: { readonly type: 'module' }) => BrowserWorker;

/** Starts workers from the module at `url`: what `@pidlab/conformance/shared/browser-worker` is bundled to. */
export function browserHost(url: string | URL): Host {
  return {
    start: () =>
      new Promise((resolve, reject) => {
        const worker = new Worker(url, { type: 'module' });
        const link = connect((message) => worker.postMessage(message));
        worker.onerror = ({ message }) => {
          link.break(message);
          reject(new Error(`the worker did not start: ${message}`));
        };
        worker.onmessage = ({ data }) => {
          if ('hold' in data) resolve(threadOf(worker, link.ask, data.hold, link.break));
          else link.receive(data);
        };
      }),
  };
}

/** `terminate()` returns while the worker may still run. */
function threadOf(
  worker: BrowserWorker,
  ask: Thread['ask'],
  hold: string | undefined,
  breakLink: (why: string) => void,
): Thread {
  return {
    ask,
    async terminate() {
      worker.terminate();
      await threadEnd(worker, hold);
      breakLink('the worker has ended');
    },
  };
}

import { parentPort } from 'node:worker_threads';
import { serve } from './link.ts';

const port = parentPort;
if (port !== null)
  port.on(
    'message',
    serve((message) => port.postMessage(message)),
  );

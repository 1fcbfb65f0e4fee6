/**
 * What a call causes beyond what it does: signals that have to reach somebody, inits that can end now, and the news for
 * the hooks. `settle` runs when the call's own work is done, so nothing of this ever meets half-done work.
 */

import { canFinish, finishTask } from './exit.ts';
import { receive } from './receive.ts';
import type { News, Table } from './task.ts';

/** Does what is left to do, tells the hooks, and returns `result`. */
export function settle<P, R>(t: Table<P>, result: R): R {
  if (t.posts.length > 0 || t.emptied.length > 0 || t.waiting.size > 0) finish(t);
  if (t.news.length > 0 && !t.telling) tell(t);
  return result;
}

function finish<P>(t: Table<P>): void {
  do {
    for (let i = 0; i < t.posts.length; i++) receive(t, t.posts[i]);
    t.posts.length = 0;
  } while (finishInits(t) || t.posts.length > 0);
  t.round++;
}

/** Inits whose namespaces have become empty end. That may leave others alone, who come behind them in the list. True if one did. */
function finishInits<P>(t: Table<P>): boolean {
  let any = false;
  for (const ns of t.waiting) t.emptied.push(ns);
  for (let i = 0; i < t.emptied.length; i++) {
    const ns = t.emptied[i];
    const { exiting } = ns;
    if (exiting === undefined || !canFinish(t, exiting)) continue;
    ns.exiting = undefined;
    t.waiting.delete(ns);
    finishTask(t, exiting);
    any = true;
  }
  t.emptied.length = 0;
  return any;
}

function tell<P>(t: Table<P>): void {
  const errors: unknown[] = [];
  t.telling = true;
  for (let i = 0; i < t.news.length; i++) {
    try {
      tellOne(t, t.news[i]);
    } catch (error) {
      errors.push(error);
    }
  }
  t.news.length = 0;
  t.telling = false;
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) throw new AggregateError(errors, `${errors.length} hooks of the process table threw`);
}

function tellOne<P>({ hooks }: Table<P>, news: News<P>): void {
  if (news.hook === 'exited') hooks.exited!(news.process);
  else if (news.hook === 'childChanged') hooks.childChanged!(news.process, news.child);
  else if (news.info.action !== 'handle' || news.process.life === 'alive') hooks.deliver!(news.process, news.info);
}

/** One execution, access by access, for people. */
import { replay } from './explore.ts';
import { sayCall } from './judge/judge.ts';
import type { Kind, Onlooker } from './machine.ts';
import type { Module } from './module.ts';
import { namerOf } from './names.ts';
import type { Scenario } from './scenario.ts';
import type { Schedule } from './schedule.ts';
import type { MemoryName } from './weak.ts';
import { MAKES, type World } from './world.ts';

interface Line {
  readonly thread: number;
  readonly call: number;
  readonly access: number;
  readonly at: number;
  readonly name: string;
  readonly what: string;
}

/** Accesses of one thread in a row to words of the same kind beyond which the rest is counted. */
const ROW = 4;

/**
 * What each thread does, in the order in which it happens. A word that other threads touch as well, and one of them writes, is
 * marked with `*`; the others' accesses are left out unless `all` is true.
 */
export function traceOf(
  module: Module,
  scenario: Scenario,
  schedule: Schedule,
  memory: MemoryName,
  all = false,
): string {
  let text = '';
  replay(module, scenario, schedule, memory, (world, run) => {
    // Once to see who touches what, and how everything is called in the end.
    run();
    world.machine.heat();
    const handles = new Map(world.names);
    for (const [t, list] of world.notes().entries()) {
      for (const [i, { planned, result }] of list.entries()) {
        const kind = MAKES[planned.op];
        if (kind !== undefined && typeof result.value === 'number') handles.set(result.value, `${kind}${t}.${i}`);
      }
    }
    const words = world.machine.words().slice();
    world.machine.undo();
    const name = namerOf(words, module.traits.strategy, handles);
    const lines: Line[] = [];
    const onlooker: Onlooker = (thread, access, kind, at, found, given, second) => {
      if (!all && !world.machine.isHot(at)) return;
      const call = world.notes()[thread]!.length - 1;
      lines.push({ thread, call, access, at, name: name(at).text, what: said(kind, found, given, second) });
    };
    run(onlooker);
    text = layOut(world, lines, handles);
  });
  return text;
}

function said(kind: Kind, found: number, given = 0, second = 0): string {
  switch (kind) {
    case 'read':
      return `reads ${found}`;
    case 'load':
      return `loads ${found}`;
    case 'write':
      return found === given ? `writes ${given} again` : `writes ${given} over ${found}`;
    case 'store':
      return `stores ${given} over ${found}`;
    case 'cas':
      return found === (given | 0) ? `exchanges ${given} for ${second}` : `finds ${found}, not ${given | 0}`;
    default:
      return `${kind}s ${given} to ${found}`;
  }
}

function layOut(world: World, lines: readonly Line[], names: ReadonlyMap<number, string>): string {
  const rows: string[] = [];
  let before: Line | undefined;
  let hidden = 0;
  let row = 0;
  const close = (): void => {
    if (hidden > 0) rows.push(`${' '.repeat(9)}… and ${hidden} more like this`);
    hidden = 0;
  };
  for (const line of lines) {
    const isNew = before?.thread !== line.thread || before.call !== line.call;
    const isAlike = !isNew && kindOf(before!) === kindOf(line);
    row = isAlike ? row + 1 : 0;
    if (isNew) {
      close();
      rows.push(`thread ${line.thread}: ${sayCall(world.notes()[line.thread]![line.call]!, names)}`);
    }
    if (row >= ROW) hidden++;
    else {
      close();
      rows.push(`  ${String(line.access).padStart(5)}  ${line.name.padEnd(36)} ${line.what}`);
    }
    before = line;
  }
  close();
  return rows.join('\n');
}

/** Words of a bitmap are alike, and so are reads of them. */
function kindOf({ name, what }: Line): string {
  return `${name.replace(/\d+$/, '')} ${what.replace(/-?\d+/g, '')}`;
}

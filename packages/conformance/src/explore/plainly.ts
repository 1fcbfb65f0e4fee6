/**
 * Fields that are read plainly while another worker may write them, and why that does no harm. `npm run layouts` makes a table of
 * docs/adr/0009 of it. A test holds it against what the explorer sees: no field is missing, and none is here that no scenario shows.
 */

/** Why a plain read is enough. */
export const PLAIN_READS = {
  chain:
    'a look-up takes no lock: it compares the key, reads the first word, then the key and the first word again (see Readers)',
  tree: 'a walk of a tree takes no lock; when `moves` has changed since, it begins anew, and a pid that it led to is looked at again',
  handle: 'read through a handle, or of a record that a word leads to: its first word is looked at again after that',
  guess: 'says where to begin, or whether to try; the exchange that follows, or the look under a lock, decides',
  own: 'only asks whether the reader itself has the lock: nobody else writes the value that says so',
  bound:
    'only ever goes up, before there is a record that the reader may know of: with the old value there is none for it, which is right',
  setting: 'the old value and the new one are both right, since the calls overlap',
} as const;
export type PlainRead = keyof typeof PLAIN_READS;

/** The reason, and the designs whose scenarios show it where those are not all. */
type Entry = readonly [why: PlainRead, ...designs: readonly string[]];

const HASHED = ['hierarchical', 'flat', 'pidspace'] as const;
const DEEP = ['hierarchical', 'idr'] as const;

/** The fields, by record and field as the structs name them. */
export const READ_PLAINLY: Readonly<Record<string, Entry>> = {
  'slot.head': ['chain', ...HASHED],
  'worker.parked': ['chain', ...HASHED],
  'pid.id': ['chain'],
  'pid.home': ['chain'],
  'pid.count': ['chain'],
  'upid.nr': ['chain', 'hierarchical'],
  'upid.ns': ['chain', 'hierarchical'],
  'upid.next': ['chain', 'hierarchical'],
  'pid (flat, pid_1).nr': ['chain', 'flat'],
  'pid (flat, pid_1).next': ['chain', 'flat'],
  'pid (flat, pid_1).ns': ['chain', 'flat'],
  'pid (flat, pid_2).vnr': ['chain', 'flat'],
  'pid (flat, pid_2).vnext': ['chain', 'flat'],
  'pid (pidspace).nr': ['chain', 'pidspace'],
  'pid (pidspace).next': ['chain', 'pidspace'],
  'upid (idr).nr': ['chain', 'idr'],
  'upid (idr).ns': ['chain', 'idr'],
  'pid_namespace (idr).moves': ['tree', 'idr'],
  'pid_namespace (idr).tree': ['tree', 'idr'],
  'radix_tree_node.slots': ['tree', 'idr'],
  'radix_tree_node.used': ['tree', 'idr'],
  'pid.tasks': ['handle'],
  'pid_link.next': ['handle'],
  'pid_link.pid': ['handle'],
  'task.id': ['handle'],
  'pair.nr': ['handle', 'flat'],
  'pid_namespace.id': ['handle'],
  'pid_namespace.level': ['handle'],
  'pid_namespace.parent': ['handle', ...DEEP],
  'pid_namespace.serial': ['handle'],
  'pid_namespace.space': ['handle', 'pidspace'],
  'bitmap.bits': ['guess', ...HASHED],
  'pidmap.page': ['guess', ...HASHED],
  'pid_namespace (pidmap).entries': ['guess', ...HASHED],
  'pid_namespace.lastPid': ['guess'],
  'pid_namespace.reaper': ['guess'],
  'header.mapLock': ['own', 'idr'],
  'pid (idr).lock': ['guess', 'idr'],
  'page.of': ['bound', 'idr'],
  'cache.objectWords': ['bound'],
  'header.slabEnd': ['bound'],
  'pid_namespace.disabled': ['setting'],
  'pid_namespace.epoch': ['setting'],
  'pid_namespace.pidMax': ['setting'],
};

/** Those that are read plainly in a design. */
export function readPlainlyIn(strategy: string): string[] {
  return Object.entries(READ_PLAINLY)
    .filter(([, [, ...designs]]) => designs.length === 0 || designs.includes(strategy))
    .map(([field]) => field)
    .sort();
}

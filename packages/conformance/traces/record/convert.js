// Turns strace's log into a trace file:  node convert.js <strace.log> <name.trace>, the header's facts as JSON on stdin.
//
// Prints what it found. What it does about what a log cannot say exactly is in ../README.md under "Rules".
import { readFileSync, writeFileSync } from 'node:fs';
import { expectedNr, openLedger, record } from '../../dist/ledger.js';
import { countEvents, encodeTrace } from '../../dist/trace.js';
import { readLog } from './log.js';
import { inOrder, isBirth, reapUnwaited } from './order.js';

const [logFile, traceFile] = process.argv.slice(2);
const header = JSON.parse(readFileSync(0, 'utf8'));

const ordered = inOrder(header, readLog(readFileSync(logFile, 'utf8')));
const events = reapUnwaited(ordered.events);
const found = check(header, events);
const packed = encodeTrace(header, events);
writeFileSync(traceFile, packed);
const { moved } = ordered;
const summary = { ...header, counts: countEvents(events), events: events.length, bytes: packed.length, moved, ...found };
console.log(JSON.stringify(summary, null, 2));

/** Plays the trace against the ledger, which throws at contradictions, and counts how far it keeps the kernel's order. */
function check(header, events) {
  const ledger = openLedger(header);
  const found = { allocations: 0, asExpected: 0, wraps: 0, maxTaken: 0, unexpected: [] };
  events.forEach((event, index) => {
    if (isBirth(event)) {
      const expected = expectedNr(ledger);
      found.allocations++;
      if (event.child === expected) found.asExpected++;
      else found.unexpected.push(`event ${index}: ${event.child}, not ${expected}`);
      if (event.child < ledger.last) found.wraps++;
    }
    try {
      record(ledger, event);
    } catch (error) {
      throw new Error(`event ${index}, ${JSON.stringify(event)}: ${error.message}`);
    }
    found.maxTaken = Math.max(found.maxTaken, ledger.uses.size);
  });
  if (ledger.uses.size > 0) throw new Error(`${ledger.uses.size} numbers are still taken at the end: ${[...ledger.uses.keys()]}`);
  return found;
}

import { readFileSync, statSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { expectedNr, openLedger, record } from '../src/traces/ledger.ts';
import {
  countEvents,
  decodeTrace,
  encodeTrace,
  loadTrace,
  TraceError,
  type TraceEvent,
  traceFile,
  traceNames,
} from '../src/traces/trace.ts';

describe.each(traceNames)('the trace %s', (name) => {
  const { header, events } = loadTrace(name);

  it('has at least 20,000 events, counted in its header by kind', () => {
    expect(events.length).toBeGreaterThanOrEqual(20_000);
    expect(countEvents(events)).toEqual(header.counts);
    for (const kind of ['fork', 'thread', 'exec', 'setsid', 'setpgid', 'exit', 'wait'] as const) {
      expect(header.counts[kind], kind).toBeGreaterThan(0);
    }
  });

  it('says where it comes from', () => {
    expect(header.name).toBe(name);
    for (const fact of ['command', 'subject', 'kernel', 'system', 'tracer'] as const)
      expect(header[fact]).toMatch(/\w/);
    expect(header.date).toMatch(/^\d{4}-\d\d-\d\d$/);
  });

  it('begins with number 1, which comes from outside, and ends when nobody is left', () => {
    expect(events[0]).toEqual({ kind: 'fork', parent: 0, child: 1 });
    const ledger = openLedger(header);
    for (const event of events) record(ledger, event);
    expect([...ledger.uses.keys()]).toEqual([]);
  });

  it('keeps every number within the floor and pid_max that the kernel had', () => {
    const ledger = openLedger(header);
    let wrapped = false;
    for (const event of events) {
      if (event.kind === 'fork' || event.kind === 'thread') {
        wrapped ||= event.child < ledger.last;
        expect(event.child).toBeLessThan(header.pidMax);
        expect(event.child).toBeGreaterThanOrEqual(wrapped ? header.floor : 1);
      }
      record(ledger, event);
    }
  });

  it('is the same after packing and unpacking', () => {
    expect(decodeTrace(encodeTrace(header, events))).toEqual({
      header: { format: 'pidlab-trace-1', ...header },
      events,
    });
  });
});

it('all traces together take at most 1 MB', () => {
  const bytes = traceNames.reduce((sum, name) => sum + statSync(traceFile(name)).size, 0);
  expect(bytes).toBeLessThanOrEqual(1_000_000);
});

describe('a trace that is not what was recorded is refused', () => {
  const file = readFileSync(traceFile('c-build'));
  const plain = gunzipSync(file);
  const whole = decodeTrace(file);
  const refused = (bytes: Uint8Array, message: RegExp) => {
    expect(() => decodeTrace(bytes)).toThrow(TraceError);
    expect(() => decodeTrace(bytes)).toThrow(message);
  };

  it('when it is cut off anywhere', () => {
    for (const part of [0, 1, 10, file.length >> 1, file.length - 1])
      refused(file.subarray(0, part), /damaged or cut off/);
  });

  it('when a bit of it has changed, unless that changes nothing', () => {
    let harmless = 0;
    for (let at = 0; at < file.length; at += 97) {
      const damaged = Uint8Array.from(file);
      damaged[at]! ^= 0x10;
      try {
        // A few bits of gzip mean nothing: the time in its header, a Huffman code that no symbol uses.
        expect(decodeTrace(damaged)).toEqual(whole);
        harmless++;
      } catch (error) {
        expect(error).toBeInstanceOf(TraceError);
      }
    }
    expect(harmless).toBeLessThan(5);
  });

  it('when it is something else', () => {
    refused(Buffer.from('#!/bin/sh'), /damaged or cut off/);
    refused(gzipSync(Buffer.from('hello\n')), /does not begin with a line of JSON/);
    refused(gzipSync(Buffer.from('{"format":"other"}\n')), /format is other/);
    refused(gzipSync(Buffer.from('null\n')), /format is undefined/);
  });

  it('when its contents do not fit its header', () => {
    refused(gzipSync(plain.subarray(0, plain.length - 1)), /ends within an event/);
    refused(gzipSync(Buffer.concat([plain, Buffer.from([0])])), /1 bytes follow/);
    const body = plain.indexOf(10) + 1;
    refused(gzipSync(plain.subarray(0, body + 5)), /more than there are bytes/);
    const other = Uint8Array.from(plain);
    other[body] = 7;
    refused(gzipSync(other), /not of the kinds/);
  });
});

describe('the ledger', () => {
  const play = (...events: TraceEvent[]) => {
    const ledger = openLedger({ pidMax: 305, floor: 300 });
    return { ledger, freed: events.map((event) => record(ledger, event)) };
  };
  const init = { kind: 'fork', parent: 0, child: 1 } as const;

  it('keeps a number taken while it is a group, though its process is gone', () => {
    const { freed } = play(
      init,
      { kind: 'fork', parent: 1, child: 2 },
      { kind: 'setsid', task: 2 },
      { kind: 'fork', parent: 2, child: 3 },
      { kind: 'exit', task: 2 },
      { kind: 'wait', parent: 1, child: 2 },
      { kind: 'exit', task: 3 },
      { kind: 'reap', child: 3 },
    );
    expect(freed.slice(5)).toEqual([[], [], [3, 2]]);
  });

  it('frees a thread at its exit, and the number of one that starts a program', () => {
    const { freed, ledger } = play(
      init,
      { kind: 'thread', parent: 1, child: 2 },
      { kind: 'thread', parent: 2, child: 3 },
      { kind: 'exit', task: 2 },
      { kind: 'exec', task: 1, former: 3 },
    );
    expect(freed.slice(3)).toEqual([[2], [3]]);
    expect(ledger.tasks.size).toBe(1);
  });

  it('expects the next free number, and the floor after the last one', () => {
    const { ledger } = play(init, { kind: 'fork', parent: 1, child: 303 });
    expect(expectedNr(ledger)).toBe(304);
    record(ledger, { kind: 'fork', parent: 1, child: 304 });
    expect(expectedNr(ledger)).toBe(300);
  });

  it.each<[string, RegExp, TraceEvent[]]>([
    ['gives a number twice', /1 is given while it is taken/, [{ kind: 'fork', parent: 1, child: 1 }]],
    ['names a parent who is not there', /nobody has the number 9/, [{ kind: 'fork', parent: 9, child: 2 }]],
    ['waits for the living', /1 is waited for before its exit/, [{ kind: 'wait', parent: 0, child: 1 }]],
    [
      'ends somebody twice',
      /1 exits twice/,
      [
        { kind: 'exit', task: 1 },
        { kind: 'exit', task: 1 },
      ],
    ],
  ])('refuses a trace that %s', (_what, message, events) => {
    expect(() => play(init, ...events)).toThrow(TraceError);
    expect(() => play(init, ...events)).toThrow(message);
  });
});

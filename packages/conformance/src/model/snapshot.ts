/** All state as JSON, with a checksum before it. */
import { PidBug, type Traits } from '@pidlab/contract';
import { show } from './checks.ts';
import type { State } from './state.ts';

const CHECKSUM_DIGITS = 8;

export function snapshot(s: State): Uint8Array {
  const { traits, ...rest } = s;
  const json = JSON.stringify({ strategy: traits.strategy, ...rest }, (_key, value) => {
    if (value instanceof Map) return { map: [...value] };
    if (value instanceof Set) return { set: [...value] };
    return value;
  });
  return new TextEncoder().encode(checksum(json) + json);
}

export function restore(bytes: Uint8Array, traits: Traits): State {
  const op = 'createPidAllocator';
  if (!(bytes instanceof Uint8Array)) throw new PidBug(op, `snapshot is ${show(bytes)}, not a Uint8Array`);
  const text = new TextDecoder().decode(bytes);
  const json = text.slice(CHECKSUM_DIGITS);
  if (checksum(json) !== text.slice(0, CHECKSUM_DIGITS)) {
    throw new PidBug(op, `snapshot of ${bytes.length} bytes is not what snapshot() returned`);
  }
  const { strategy, ...rest } = JSON.parse(json, (_key, value) => {
    if (Array.isArray(value?.map)) return new Map(value.map);
    if (Array.isArray(value?.set)) return new Set(value.set);
    return value;
  });
  if (strategy !== traits.strategy) {
    throw new PidBug(op, `snapshot is of strategy ${show(strategy)}, not ${show(traits.strategy)}`);
  }
  return { traits, ...rest };
}

/** FNV-1a over the UTF-16 units, as eight hexadecimal digits. */
function checksum(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16).padStart(CHECKSUM_DIGITS, '0');
}

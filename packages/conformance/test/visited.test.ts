import { expect, test } from 'vitest';
import { Visited } from '../src/explore/visited.ts';

test('a state is known with as many preemptions left as it was seen with, or fewer', () => {
  const visited = new Visited();
  expect(visited.has(1, 2, 1)).toBe(false);
  expect(visited.has(1, 2, 1)).toBe(true);
  expect(visited.has(1, 2, 0)).toBe(true);
  expect(visited.has(1, 2, 2)).toBe(false);
  expect(visited.has(1, 2, 2)).toBe(true);
  expect(visited.has(1, 3, 0)).toBe(false);
  expect(visited.has(2, 2, 0)).toBe(false);
  expect(visited.size).toBe(3);
});

test('it keeps them all, however many there are, until it is cleared', () => {
  const visited = new Visited();
  const states = Array.from({ length: 50_000 }, (_, i) => [Math.imul(i, 0x9e37_79b1), i % 7] as const);
  const known = (): number => states.filter(([a, b]) => visited.has(a, b, 0)).length;
  expect(known()).toBe(0);
  expect(known()).toBe(states.length);
  visited.clear();
  expect(visited.size).toBe(0);
  expect(known()).toBe(0);
});

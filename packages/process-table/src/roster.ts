/**
 * A list in the order in which its items came. Each item keeps its place, which only grows along the list, so that it goes
 * without being looked for; its place is empty then. Links to both neighbours would do as well, but who leaves would have to
 * write into two others, and among thousands of processes those are mostly not in the processor's cache.
 */
export class Roster<T> {
  readonly places: (T | undefined)[] = [];
  size = 0;
  /** The place of the oldest; 0 when nobody is there. */
  start = 0;
}

/** Fewer places than this are not worth being tidied up. */
const FEW = 32;

/** Adds the youngest, and gives its place. `move` tells items of their new places, when too many have become empty. */
export function enter<T>(roster: Roster<T>, item: T, move: (item: T, place: number) => void): number {
  const { places } = roster;
  if (places.length >= FEW && places.length > 4 * roster.size) tidyUp(roster, move);
  roster.size++;
  return places.push(item) - 1;
}

function tidyUp<T>(roster: Roster<T>, move: (item: T, place: number) => void): void {
  const { places } = roster;
  let to = 0;
  for (let from = roster.start; from < places.length; from++) {
    const item = places[from];
    if (item === undefined) continue;
    move(item, to);
    places[to++] = item;
  }
  places.length = to;
  roster.start = 0;
}

/** Empties a place. */
export function leave<T>(roster: Roster<T>, place: number): void {
  const { places } = roster;
  places[place] = undefined;
  if (--roster.size === 0) {
    places.length = 0;
    roster.start = 0;
  } else if (place === places.length - 1) {
    do places.pop();
    while (places[places.length - 1] === undefined);
  } else if (place === roster.start) {
    do roster.start++;
    while (places[roster.start] === undefined);
  }
}

export function oldest<T>(roster: Roster<T>): T | undefined {
  return roster.places[roster.start];
}

/** The items, the oldest first. None may come while they are gone through. */
export function* itemsOf<T>({ places, start }: Roster<T>): Generator<T, void> {
  for (let place = start; place < places.length; place++) {
    const item = places[place];
    if (item !== undefined) yield item;
  }
}

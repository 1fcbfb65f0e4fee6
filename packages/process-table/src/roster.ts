/**
 * A list in the order in which its items came. Each item keeps its place, which only grows along the list, so that it goes
 * without being looked for; its place is empty then. Links to both neighbours would do as well, but who leaves would have to
 * write into two others, and among thousands of processes those are mostly not in the processor's cache.
 *
 * Places move up when most are empty, so to come, to go and to be the oldest cost a constant, and going through all costs as
 * much as there are.
 */
export abstract class Roster<T> {
  readonly places: (T | undefined)[] = [];
  size = 0;
  /** The place of the oldest, and the one behind the youngest; both are 0 when nobody is there. */
  start = 0;
  end = 0;

  /** The item has a new place. */
  abstract moved(item: T, place: number): void;

  /** All items are about to get new places. */
  forgetPlaces(): void {}
}

/** So many places are kept, whoever is there. */
const FEW = 16;

/** Adds the youngest, and gives its place. */
export function enter<T>(roster: Roster<T>, item: T): number {
  const { places } = roster;
  if (roster.end === places.length) {
    if (places.length > FEW && places.length > 3 * roster.size) tidyUp(roster);
    else places.push(undefined);
  }
  places[roster.end] = item;
  roster.size++;
  return roster.end++;
}

/** Moves the items up, and gives back what is far too much. */
function tidyUp<T>(roster: Roster<T>): void {
  const { places } = roster;
  roster.forgetPlaces();
  let to = 0;
  for (let from = roster.start; from < roster.end; from++) {
    const item = places[from];
    if (item === undefined) continue;
    roster.moved(item, to);
    places[to++] = item;
  }
  if (places.length > FEW * roster.size) places.length = to + FEW;
  places.fill(undefined, to);
  roster.start = 0;
  roster.end = to;
}

/** Empties a place. */
export function leave<T>(roster: Roster<T>, place: number): void {
  const { places } = roster;
  places[place] = undefined;
  if (--roster.size === 0) {
    if (places.length > FEW) places.length = FEW;
    roster.start = 0;
    roster.end = 0;
  } else if (place === roster.end - 1) {
    do roster.end--;
    while (places[roster.end - 1] === undefined);
  } else if (place === roster.start) {
    do roster.start++;
    while (places[roster.start] === undefined);
  } else if (roster.end - roster.start > 4 * roster.size + FEW) tidyUp(roster);
}

export function oldest<T>(roster: Roster<T>): T | undefined {
  return roster.places[roster.start];
}

export function youngest<T>(roster: Roster<T>): T | undefined {
  return roster.places[roster.end - 1];
}

/** The items, the oldest first. None may come or go while they are gone through. */
export function* itemsOf<T>({ places, start, end }: Roster<T>): Generator<T, void> {
  for (let place = start; place < end; place++) {
    const item = places[place];
    if (item !== undefined) yield item;
  }
}

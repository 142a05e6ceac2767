/**
 * The paths of one target, told apart as far as its requests are likely to be alike: ids are one, and so is what has many forms.
 * Bounded: what was told apart before may be one later, but never the other way round.
 */
import { ID, isId } from '../span/path-ids.ts';

/** Different parts at one place; with more, they are one. */
const PARTS_MAX = 32;
/** Parts of a path that are looked at. */
const DEPTH_MAX = 8;
/** Places of all paths together; new parts are one when there are as many. */
const PLACES_MAX = 1_000;

/** What stands for parts that have many forms, and for all that follows. */
const MANY = '*';

/** What may follow, by its parts. */
type Place = Map<string, Place>;

export class PathGroups {
  readonly #root: Place = new Map();
  #places = 0;

  /** Of the paths like that one, e.g. `/users/{id}`. */
  of(path: string): string {
    const parts = path.split('/').filter((part) => part !== '');
    const names: string[] = [];
    let place = this.#root;
    for (const part of parts.slice(0, DEPTH_MAX)) {
      const name = this.#nameIn(place, isId(part) ? ID : part);
      names.push(name);
      place = this.#next(place, name);
    }
    if (parts.length > DEPTH_MAX) names.push(MANY);
    return `/${names.join('/')}`;
  }

  #nameIn(place: Place, part: string): string {
    if (place.has(part)) return part;
    if (place.has(MANY)) return MANY;
    if (place.size >= PARTS_MAX) {
      // They are forgotten, and with them what follows: it is found again behind the one that stands for all.
      this.#places -= placesIn(place);
      place.clear();
      return MANY;
    }
    return this.#places >= PLACES_MAX ? MANY : part;
  }

  #next(place: Place, name: string): Place {
    const known = place.get(name);
    if (known) return known;
    const next: Place = new Map();
    place.set(name, next);
    this.#places++;
    return next;
  }
}

function placesIn(place: Place): number {
  let places = place.size;
  for (const next of place.values()) places += placesIn(next);
  return places;
}

/** By what requests of a target are like others: their route or, where they have none, what their paths look like. Bounded. */
import type { RoutePatterns } from '../span/route-pattern.ts';
import { PathGroups } from './path-groups.ts';

export class RequestGroups {
  readonly #patterns: RoutePatterns | undefined;
  readonly #paths = new Map<number, PathGroups>();

  /** `patterns`: routes that the user has named. */
  constructor(patterns?: RoutePatterns) {
    this.#patterns = patterns;
  }

  /** `route` is what is known of it: the method, and the route if there is one, and then no path. */
  nameOf(targetId: number, route: string, path: string | undefined): string {
    if (path === undefined) return route;
    return `${route} ${this.#patterns?.match(route, path) ?? this.#pathsOf(targetId).of(path)}`;
  }

  /** Its number does not come again. */
  forget(targetId: number): void {
    this.#paths.delete(targetId);
  }

  #pathsOf(targetId: number): PathGroups {
    const known = this.#paths.get(targetId) ?? new PathGroups();
    this.#paths.set(targetId, known);
    return known;
  }
}

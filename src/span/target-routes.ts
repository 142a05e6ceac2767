/** The routes of one target: those that the user has named for it, and how many different ones it may have. Bounded. */
import type { RoutePatterns } from './route-pattern.ts';

/** Different routes that spans of a target are told with; those of more are told without. */
const ROUTES_MAX = 2_000;

export class TargetRoutes {
  readonly #patterns: RoutePatterns | undefined;
  readonly #told = new Set<string>();
  /** A route was refused since there were too many. */
  hasRefused = false;

  constructor(patterns: RoutePatterns | undefined) {
    this.#patterns = patterns;
  }

  /** Whether the path of a request without a route may tell one. */
  get areNamed(): boolean {
    return this.#patterns !== undefined;
  }

  /** The route that the user has named for such a request. */
  nameOf(method: string, path: string): string | undefined {
    return this.#patterns?.match(method, path);
  }

  /** Whether it is one of those that are told. */
  admits(route: string): boolean {
    if (this.#told.has(route)) return true;
    if (this.#told.size >= ROUTES_MAX) {
      this.hasRefused = true;
      return false;
    }
    this.#told.add(route);
    return true;
  }
}

/**
 * Routes that the user names, for programs that tell none: `[METHOD ]/path`, as a `http.ServeMux` has them but for the host.
 * Source: https://pkg.go.dev/net/http@go1.23.0#hdr-Patterns-ServeMux
 */

/** What a pattern is, for who has to say it. */
export const ROUTE_PATTERN_FORM =
  '[METHOD ]/PATH, in which {name} is one part, and {name...} or * at the end is all that follows';

/** More are a mistake. */
const ROUTE_PATTERNS_MAX = 1_000;
const LENGTH_MAX = 256;

/** A part of the path: its text, or a place for any one, or for all that follow. */
type Part = { readonly text: string } | 'one' | 'rest';

interface RoutePattern {
  /** Undefined: any. */
  readonly method: string | undefined;
  /** As it was written, without the method. */
  readonly route: string;
  readonly parts: readonly Part[];
}

/** Why the patterns cannot be used; undefined if they can. */
export function routePatternsFault(texts: readonly string[]): string | undefined {
  if (texts.length > ROUTE_PATTERNS_MAX) return `there are more than ${ROUTE_PATTERNS_MAX}`;
  const seen = new Map<string, string>();
  for (const text of texts) {
    const pattern = parse(text);
    if (typeof pattern === 'string') return `${JSON.stringify(text)}: ${pattern}`;
    const key = JSON.stringify([pattern.method ?? '', ...pattern.parts]);
    const same = seen.get(key);
    if (same !== undefined && same !== text)
      return `${JSON.stringify(text)}: it is the same as ${JSON.stringify(same)}`;
    seen.set(key, text);
  }
  return undefined;
}

/** The pattern, or why it is none. */
function parse(text: string): RoutePattern | string {
  const [, method, route = ''] = /^(?:(\S+)[ \t]+)?(\S*)$/.exec(text.trim()) ?? [];
  if (!route.startsWith('/')) return 'its path does not begin with /';
  if (route.length > LENGTH_MAX) return `its path is longer than ${LENGTH_MAX} characters`;
  if (method !== undefined && !/^[A-Z]+$/.test(method)) return `${method} is no method in capitals`;
  const parts: Part[] = [];
  const words = route.slice(1).split('/');
  for (const [index, word] of words.entries()) {
    const part = partOf(word, index === words.length - 1);
    if (typeof part === 'object' && 'fault' in part) return part.fault;
    parts.push(part);
  }
  return { method, route, parts };
}

/** A path that ends in a slash stands for all below; `{$}` for the slash alone. */
function partOf(word: string, isLast: boolean): Part | { readonly fault: string } {
  if (word === '*' || /^\{[^{}]+\.\.\.\}$/.test(word)) {
    return isLast ? 'rest' : { fault: `${word} is not at its end` };
  }
  if (isLast && word === '') return 'rest';
  if (isLast && word === '{$}') return { text: '' };
  if (/^\{[^{}.$]+\}$/.test(word)) return 'one';
  return /[{}*]/.test(word) ? { fault: `${word} is no whole part such as {id}` } : { text: word };
}

/** Where a path may go on. */
class Node {
  readonly texts = new Map<string, Node>();
  one: Node | undefined;
  /** Routes that end here, and those that take all that follows, by their methods. */
  readonly ends = new Map<string, string>();
  readonly rests = new Map<string, string>();
}

const ANY_METHOD = '';

/** Paths that were asked for lately. */
const KNOWN_MAX = 4_096;

/** Patterns that were found to be without fault. */
export class RoutePatterns {
  readonly #root = new Node();
  readonly #known = new Map<string, string | undefined>();

  constructor(texts: readonly string[]) {
    for (const text of texts) {
      const pattern = parse(text);
      if (typeof pattern !== 'string') this.#add(pattern);
    }
  }

  /**
   * The route of the most specific pattern that matches: from the left, a part of its own text goes before `{name}`, that before what takes
   * all that follows, and a method before none. `GET` is for `HEAD`, too. Undefined if none matches.
   */
  match(method: string, path: string): string | undefined {
    const key = `${method} ${path}`;
    const route = this.#known.get(key);
    if (route !== undefined || this.#known.has(key)) return route;
    if (this.#known.size >= KNOWN_MAX) this.#known.clear();
    const found = path.startsWith('/') ? find(this.#root, path.slice(1).split('/'), 0, method) : undefined;
    this.#known.set(key, found);
    return found;
  }

  #add({ method = ANY_METHOD, route, parts }: RoutePattern): void {
    let node = this.#root;
    for (const part of parts) {
      if (part === 'rest') {
        node.rests.set(method, route);
        return;
      }
      node = part === 'one' ? oneOf(node) : textOf(node, part.text);
    }
    node.ends.set(method, route);
  }
}

function oneOf(node: Node): Node {
  node.one ??= new Node();
  return node.one;
}

function textOf(node: Node, text: string): Node {
  const next = node.texts.get(text) ?? new Node();
  node.texts.set(text, next);
  return next;
}

function find(node: Node, parts: readonly string[], at: number, method: string): string | undefined {
  const part = parts[at];
  if (part === undefined) return ofMethod(node.ends, method);
  const next = node.texts.get(part);
  return (
    (next && find(next, parts, at + 1, method)) ??
    // A part that stands for something is not empty.
    (node.one && part !== '' ? find(node.one, parts, at + 1, method) : undefined) ??
    ofMethod(node.rests, method)
  );
}

function ofMethod(routes: ReadonlyMap<string, string>, method: string): string | undefined {
  return routes.get(method) ?? (method === 'HEAD' ? routes.get('GET') : undefined) ?? routes.get(ANY_METHOD);
}

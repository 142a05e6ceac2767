/** Where the page is: the hash of its address, so that an address can be sent. Owns reading it, making one, and going there. */
import { signal } from '@preact/signals';

export interface Route {
  /** First part of the path; empty: the start page. */
  readonly page: string;
  readonly parts: readonly string[];
  readonly params: URLSearchParams;
}

/** A part that is not encoded as it should be is taken as it stands. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function routeOf(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split(/\?(.*)/s);
  const [page = '', ...parts] = path.split('/').map(decoded);
  return { page, parts, params: new URLSearchParams(query) };
}

export const route = signal(routeOf(location.hash));
addEventListener('hashchange', () => {
  route.value = routeOf(location.hash);
});

export type Params = Readonly<Record<string, string | number | undefined>>;

/** Path and query for a link; members that are undefined are left out. */
export function href(parts: readonly (string | number)[], params: Params = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== undefined && value !== '') query.set(name, String(value));
  }
  const text = query.toString();
  return `#/${parts.map(encodeURIComponent).join('/')}${text && `?${text}`}`;
}

export function goTo(address: string): void {
  location.hash = address;
}

/** Changes parameters of this page without a step for the browser's back button. */
export function changeParams(changes: Params): void {
  const { page, parts, params } = route.value;
  const all = { ...Object.fromEntries(params), ...changes };
  const address = href(page === '' ? [] : [page, ...parts], all);
  history.replaceState(null, '', address);
  route.value = routeOf(address);
}

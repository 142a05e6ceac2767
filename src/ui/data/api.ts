/** What the page asks its server, and when an answer is no more wanted. */
import { useEffect, useState } from 'preact/hooks';
import type { ErrorAnswer } from '../../page-api/answers.ts';
import type { Params } from '../router.ts';

/** The address of an answer; members that are undefined are left out, lists are repeated. */
export function apiPath(
  parts: readonly (string | number)[],
  params: Readonly<Record<string, Params[string] | readonly string[]>> = {},
): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) query.append(name, String(one));
  }
  const text = query.toString();
  return `api/${parts.map(encodeURIComponent).join('/')}${text && `?${text}`}`;
}

/** @throws {Error} With the words of the server, or why there are none. */
export async function ask<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await fetch(path, { signal: signal ?? null, headers: { accept: 'application/json' } });
  if (response.ok) return (await response.json()) as T;
  const told = (await response.json().catch(() => ({}))) as Partial<ErrorAnswer>;
  throw new Error(told.error ?? `the server answers ${response.status} ${response.statusText}`);
}

export interface Answer<T> {
  /** The last answer, also while the next one is waited for. */
  readonly value?: T;
  readonly error?: string;
  readonly isLoading: boolean;
}

/** Asks when the path changes; undefined: nothing to ask. */
export function useAnswer<T>(path: string | undefined): Answer<T> {
  return useWork<T>(path, (signal) => ask<T>(path as string, signal));
}

/** Does work when its key changes; undefined: nothing to do. What is under way for an earlier key is given up. */
export function useWork<T>(key: string | undefined, work: (signal: AbortSignal) => Promise<T>): Answer<T> {
  const [answer, setAnswer] = useState<Answer<T>>({ isLoading: key !== undefined });
  useEffect(() => {
    if (key === undefined) return setAnswer({ isLoading: false });
    const abort = new AbortController();
    setAnswer((last) => ({ ...(last.value !== undefined && { value: last.value }), isLoading: true }));
    work(abort.signal).then(
      (value) => abort.signal.aborted || setAnswer({ value, isLoading: false }),
      (error: Error) => abort.signal.aborted || setAnswer({ error: error.message, isLoading: false }),
    );
    return () => abort.abort();
  }, [key]);
  return answer;
}

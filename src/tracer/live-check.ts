/**
 * The live check: do the first spans of a target make sense? Offsets and sites come from the binary itself, and this is
 * the proof that they fit what runs. Pure: one instance per target, fed each of its spans.
 */
import type { SpanFact } from '../correlate/fact.ts';

/** Hooks that stand or fall together: those whose BPF programs begin with `http_server_` or `http_client_`. */
export type CheckedFamily = 'http_server' | 'http_client';

/** What to do with a span. */
export interface Judgement {
  /** False: it must not be exported. */
  readonly passes: boolean;
  /** The family has just failed: it must be detached. Told once. */
  readonly failed?: FamilyFailure;
}

export interface FamilyFailure {
  readonly family: CheckedFamily;
  /** What does not make sense, e.g. `the method "HTTP/1.1" is no token`. */
  readonly why: string;
  /** Spans that did not, and none that did. */
  readonly spans: number;
}

/** So many spans without sense and none with it condemn a family. */
export const FAILURES_MAX = 3;

interface FamilyState {
  readonly family: CheckedFamily;
  isProven: boolean;
  failures: number;
}

const PASSES: Judgement = { passes: true };
const FAILS: Judgement = { passes: false };

export class LiveCheck {
  readonly #server: FamilyState = { family: 'http_server', isProven: false, failures: 0 };
  readonly #client: FamilyState = { family: 'http_client', isProven: false, failures: 0 };

  judge(fact: SpanFact): Judgement {
    const state = fact.role === 'server' ? this.#server : this.#client;
    const why = impossibility(fact) ?? (state.isProven ? undefined : doubt(fact));
    if (why === undefined) {
      // What came back after a family has failed was hit before it was detached.
      if (state.failures < FAILURES_MAX) state.isProven = true;
      return state.isProven ? PASSES : FAILS;
    }
    if (state.isProven || state.failures >= FAILURES_MAX) return FAILS;
    state.failures++;
    if (state.failures < FAILURES_MAX) return FAILS;
    return { passes: false, failed: { family: state.family, why, spans: FAILURES_MAX } };
  }
}

/** `tchar` of RFC 9110, 5.6.2. */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** What `net/http` lets into no field of a request: ASCII control characters but the tab. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const control = /[\x00-\x08\x0a-\x1f\x7f]/;

/** Few methods and hosts come again and again; the expressions need to see each of them once. */
const CLEAN_MAX = 1_024;
const clean = new Set<string>();

function hasControl(text: string): boolean {
  if (clean.has(text)) return false;
  if (control.test(text)) return true;
  if (clean.size >= CLEAN_MAX) clean.clear();
  clean.add(text);
  return false;
}

/** What no right record can say; undefined if there is nothing of the kind. */
function impossibility(fact: SpanFact): string | undefined {
  const { goid, parentGoid, start, end, http, role } = fact;
  if (!isGoid(goid)) return `the goroutine id ${goid} is none`;
  if (parentGoid !== 0 && (!isGoid(parentGoid) || parentGoid === goid)) {
    return `goroutine ${goid} cannot have been created by ${parentGoid}`;
  }
  if (start[0] > end[0] || (start[0] === end[0] && start[1] > end[1])) return 'it ends before it starts';
  const { statusCode: status, method } = http;
  if (status !== undefined && status > 999) return `${status} is no status code`;
  return role === 'server' ? serverImpossibility(fact) : clientImpossibility(method, status);
}

/**
 * `net/http` has checked all of this before it calls the handler, so that no client can bring a family into discredit.
 * In HTTP/2 a method may be any text.
 */
function serverImpossibility({ http }: SpanFact): string | undefined {
  const { method, path, statusCode: status, protocolMajor, host } = http;
  if (protocolMajor === 1 && !token.test(method)) return `the method ${quote(method)} is no token`;
  if (hasControl(method)) return `the method ${quote(method)} is no text`;
  if (path !== '' && path !== '*' && !path.startsWith('/'))
    return `the path ${quote(path)} does not begin with /`;
  if (status !== undefined && status < 100) return `${status} is no status code of a response`;
  if (protocolMajor < 1 || protocolMajor > 3) return `there is no HTTP/${protocolMajor}`;
  if (host !== undefined && hasControl(host)) return `${quote(host)} is no host`;
  return undefined;
}

/** A request that `net/http` refuses to send has a span as well, without a response. */
function clientImpossibility(method: string, status: number | undefined): string | undefined {
  return status !== undefined && !token.test(method) ? `the method ${quote(method)} is no token` : undefined;
}

/** What may be so once in a long life, but not in every span of a program that was just attached. */
function doubt({ goid, role, http }: SpanFact): string | undefined {
  if (goid >= heapFrom && goid % 8 === 0) return `the goroutine id ${goid} looks like an address`;
  const isUnread = role === 'server' && http.methodIsUnread === true;
  return isUnread ? 'the method cannot be read' : undefined;
}

/** Go's heap begins here on amd64 and arm64 (runtime/malloc.go, arenaBaseOffset and the first arena hint). */
const heapFrom = 0xc0_0000_0000;

function isGoid(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}

/**
 * The spans of calls to databases under a live tracer. Each call says in its own text which request it was made for, so that every
 * span is found by it.
 */
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import type { TracerStats } from '../../src/tracer/api.ts';
import { eventually } from './child.ts';
import { buildGo, type GoBuild, ToolchainMissing } from './go-build.ts';
import { idOf, isServer, parentOf, queryOf, type TracedServer, traceOf } from './traced-server.ts';

/** Building libraries takes its time, and so does fetching an old Go. */
export const buildTimeout = 600_000;

/**
 * Starts a server for all tests of a group, and stops it after them, when nothing may be lost; they are skipped if there is
 * no such Go.
 */
export function servedBy(
  build: GoBuild,
  timeout: number,
  start: (binary: string) => Promise<{ stop(): Promise<TracerStats> }>,
): void {
  let server: { stop(): Promise<TracerStats> };
  let missing: string | undefined;
  beforeAll(async () => {
    try {
      server = await start(await buildGo(build));
    } catch (error) {
      if (!(error instanceof ToolchainMissing)) throw error;
      missing = error.message;
    }
  }, buildTimeout);
  beforeEach((context) => {
    if (missing !== undefined) context.skip(missing);
  });
  afterAll(async () => {
    if (missing === undefined) expect((await server.stop()).lost.total).toBe(0);
  }, timeout);
}

/** A request that was answered, and its calls in the order of their starts. */
export interface RequestCalls {
  readonly server: ReadableSpan;
  readonly calls: readonly ReadableSpan[];
}

/** Waits for the spans of the request with that id, which has `count` calls. */
export async function callsOf(traced: TracedServer, id: string, count: number): Promise<RequestCalls> {
  return await eventually(`request ${id} with ${count} calls`, 20_000, async () => {
    await traced.settle();
    const server = traced.spans.find((span) => isServer(span) && queryOf(span).get('id') === id);
    const calls = server ? traced.spans.filter((span) => isCallOf(server, span)) : [];
    return server && calls.length >= count ? { server, calls: calls.sort(byStart) } : undefined;
  });
}

const isCallOf = (server: ReadableSpan, span: ReadableSpan): boolean =>
  span !== server && traceOf(span) === traceOf(server) && parentOf(span) === idOf(server);

function byStart(a: ReadableSpan, b: ReadableSpan): number {
  return a.startTime[0] - b.startTime[0] || a.startTime[1] - b.startTime[1];
}

/** The calls made for requests whose ids begin with `prefix` that are under no request at all. */
export function straysOf({ spans }: TracedServer, prefix: string): ReadableSpan[] {
  const requests = new Set(spans.filter(isServer).map(idOf));
  return spans.filter((span) => requestOf(span)?.startsWith(prefix) && !requests.has(parentOf(span) ?? ''));
}

/** Which request a call was made for, as its text says; undefined of a call whose text does not. */
export function requestOf(span: ReadableSpan): string | undefined {
  return /of=(\S+) n=\d+/.exec(String(span.attributes['db.query.text'] ?? ''))?.[1];
}

/** What of a span does not depend on the run: name and error. */
export function said(span: ReadableSpan): string {
  const error = span.attributes['error.type'];
  return error === undefined ? span.name : `${span.name} !${error}`;
}

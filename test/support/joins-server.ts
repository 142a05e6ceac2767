/** The program that calls itself, or another that runs it, under a live tracer. */
import { onTestFinished } from 'vitest';
import { buildGo } from './go-build.ts';
import type { GoServer } from './go-server.ts';
import { TracedServer } from './traced-server.ts';

/** Built by that Go release; the one that is installed if there is none named. */
export const buildJoins = (release?: string): Promise<string> =>
  buildGo({
    dir: 'test/fixtures/joins',
    name: `joins-${release ?? 'local'}`,
    ...(release && { go: release }),
  });

/** Goes with the test. */
export async function startJoins(release?: string): Promise<TracedServer> {
  const traced = await TracedServer.start(await buildJoins(release));
  onTestFinished(() => traced.server.stop());
  return traced;
}

/** What the program says of another way to it. */
export const saidOf = ({ child }: GoServer, what: 'wrapped' | 'late' | 'http2' | 'unix'): string =>
  new RegExp(`^${what} (\\S+)$`, 'm').exec(child.stdout)?.[1] ?? '';

export const http2UrlOf = (server: GoServer): string => `https://${saidOf(server, 'http2')}`;

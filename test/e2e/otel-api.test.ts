/** A program that begins spans by the OpenTelemetry API, without an SDK: they come to nothing, and ours are as of any program. */
import { expect, it, onTestFinished } from 'vitest';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { buildGo } from '../support/go-build.ts';
import { collecting, idOf, parentOf, TracedServer, traceOf } from '../support/traced-server.ts';

const timeout = 400_000;
const remote = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8) };

describeWith([kernel, go], 'the OpenTelemetry API in a program without an SDK', () => {
  it.each([
    { provider: 'none', what: 'the global provider, behind which auto/sdk waits for another tool' },
    { provider: 'auto', what: 'auto/sdk itself, to whose spans nobody gives ids' },
    { provider: 'noop', what: 'the provider of the API that does nothing' },
  ])('changes nothing: $what', { timeout }, async ({ provider }) => {
    const binary = await buildGo({ dir: 'test/fixtures/otel-api', name: 'otel-api' });
    const traced = await TracedServer.start(binary, {}, collecting, { PROVIDER: provider });
    onTestFinished(() => traced.server.stop());
    const made = Array.from({ length: 40 }, (_, n) => ({ id: `r${n}`, isSent: n % 2 === 1 }));
    const headers = { traceparent: `00-${remote.traceId}-${remote.spanId}-01` };
    await Promise.all(
      made.map(({ id, isSent }) => traced.server.get(`/calls?id=${id}`, isSent ? { headers } : {})),
    );
    for (const { id, isSent } of made) {
      const { server, calls, leaves } = await traced.request(id, 3);
      expect([server.parentSpanContext?.spanId, server.parentSpanContext?.traceId]).toEqual(
        isSent ? [remote.spanId, remote.traceId] : [undefined, undefined],
      );
      expect(calls.map(parentOf)).toEqual([idOf(server), idOf(server), idOf(server)]);
      expect(leaves.map(parentOf)).toEqual(calls.map(idOf));
      expect(new Set([server, ...calls, ...leaves].map(traceOf)).size).toBe(1);
    }
    expect(traced.spans).toHaveLength(7 * made.length);
    expect(traced.spans.filter(({ attributes }) => 'goidspan.sdk' in attributes)).toEqual([]);
    expect((await traced.stop()).lost.total).toBe(0);
  });
});

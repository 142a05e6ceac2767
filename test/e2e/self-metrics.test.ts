import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { eventually } from '../support/child.ts';
import { goidspan, temporaryFolder } from '../support/command.ts';
import { buildGo } from '../support/go-build.ts';
import { GoServer } from '../support/go-server.ts';
import { type Collector, peers, startCollector } from '../support/peers.ts';
import { ScriptedSink } from '../support/scripted-sink.ts';

const REQUESTS = 20;

describeWith([kernel, go, peers], 'the metrics of goidspan, in a real collector', () => {
  let sink: ScriptedSink;
  let collector: Collector;

  beforeAll(async () => {
    sink = await ScriptedSink.start({ protocol: 'grpc' });
    collector = await startCollector({ forwardTo: sink.url, verbosity: 'normal' });
  });

  afterAll(async () => {
    await collector?.stop();
    await sink?.close();
  });

  it.each(['grpc', 'http/protobuf'] as const)(
    'agree over %s with the spans beside them',
    async (protocol) => {
      const binary = join(await temporaryFolder(), 'plain-server');
      copyFileSync(
        await buildGo({ dir: 'test/fixtures/acceptance/hello', name: 'acceptance-hello' }),
        binary,
      );
      const before = collector.log().length;
      const spansBefore = sink.acceptedSpans;
      const command = goidspan(['run', '--', binary], {
        OTEL_EXPORTER_OTLP_ENDPOINT: protocol === 'grpc' ? collector.otlpGrpc : collector.otlpHttp,
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      });
      const server = await GoServer.of(command);
      for (let i = 0; i < REQUESTS; i++) await server.get('/');
      await server.stop();
      expect(command.stderr).not.toContain('metrics');
      await eventually(
        'spans at the sink',
        5_000,
        () => sink.acceptedSpans - spansBefore === REQUESTS || undefined,
      );

      const latest = (name: string, attribute?: string): number => {
        const points = collector
          .log()
          .slice(before)
          .matchAll(new RegExp(`^${name}\\{(.*)\\} (\\S+)$`, 'gm'));
        const [, , value] =
          [...points].findLast(
            ([, attributes]) => !attribute || attributes?.split(',').includes(attribute),
          ) ?? [];
        return Number(value);
      };
      await eventually('metrics in the log', 5_000, () => latest('goidspan.spans') >= 0 || undefined);
      expect(collector.log().slice(before)).toMatch(/ResourceMetrics #0 .*service\.name=goidspan/);
      expect(latest('goidspan.spans', 'goidspan.span.kind=server')).toBe(REQUESTS);
      expect(latest('goidspan.probe.hits', 'goidspan.probe=http_server_start')).toBe(REQUESTS);
      expect(latest('goidspan.drain.records')).toBeGreaterThanOrEqual(REQUESTS);
      expect(latest('goidspan.drain.time')).toBeGreaterThan(0);
      const exporter = `otel.component.type=otlp_${protocol === 'grpc' ? 'grpc' : 'http'}_span_exporter`;
      expect(latest('otel.sdk.exporter.span.exported', exporter)).toBe(REQUESTS);
      expect(latest('otel.sdk.processor.span.processed')).toBe(REQUESTS);
      expect(latest('otel.sdk.processor.span.queue.size')).toBe(0);
      expect(latest('goidspan.export.io')).toBeGreaterThan(1_000);
    },
  );
});

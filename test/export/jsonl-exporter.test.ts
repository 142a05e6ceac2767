import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JsonlExporter } from '../../src/export/jsonl-exporter.ts';
import type { ExportResult } from '../../src/export/span-sink.ts';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { makeSpan, makeSpans } from './spans.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'goidspan-export-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

function send(exporter: JsonlExporter, spans: ReadableSpan[]): Promise<ExportResult> {
  return new Promise((resolve) => exporter.export(spans, resolve));
}

describe('JsonlExporter', () => {
  it('writes one OTLP export request a line', async () => {
    const path = join(directory, 'spans.jsonl');
    const exporter = await JsonlExporter.open(path);
    const child = makeSpan(7, 2, { parent: 1, spanKind: 'client' }, { path: '/ü\n' });
    expect(await send(exporter, [makeSpan(7, 1), child])).toEqual({ code: 0 });
    void exporter.export(makeSpans(3), () => {});
    await exporter.shutdown();
    const lines = readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({
      resourceSpans: [
        {
          scopeSpans: [
            {
              scope: { name: 'goidspan', version: '1.2.3' },
              spans: [
                {
                  traceId: '00000000000000000000000000000007',
                  spanId: '0000000000000001',
                  kind: 2,
                  startTimeUnixNano: '1700000100999999000',
                  endTimeUnixNano: '1700000102000000500',
                },
                { parentSpanId: '0000000000000001', kind: 3 },
              ],
            },
          ],
        },
      ],
    });
    expect(lines[1].resourceSpans[0].scopeSpans[0].spans).toHaveLength(3);
  });

  it('empties a file that exists', async () => {
    const path = join(directory, 'spans.jsonl');
    for (let run = 0; run < 2; run++) {
      const exporter = await JsonlExporter.open(path);
      await send(exporter, makeSpans(1));
      await exporter.shutdown();
    }
    expect(readFileSync(path, 'utf8').trimEnd().split('\n')).toHaveLength(1);
  });

  it('says that a file cannot be written', async () => {
    await expect(JsonlExporter.open(join(directory, 'no', 'such'))).rejects.toMatchObject({
      code: 'cannot_write',
      message: expect.stringMatching(/^cannot write .*\/no\/such: ENOENT.*\(choose another --out\)$/),
    });
  });

  it('reports a full disk and does not throw', async () => {
    const exporter = await JsonlExporter.open('/dev/full');
    expect(await send(exporter, makeSpans(1))).toMatchObject({ code: 1, error: { code: 'ENOSPC' } });
    await exporter.shutdown();
    await exporter.shutdown();
  });
});

/**
 * `old/` has recordings of earlier versions, and the spans that the `replay` of that version made of them (see
 * `otlp-lines.ts`). Where a later version says something else of the same records, on purpose, the line is changed by hand.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import { describe, expect, it } from 'vitest';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { replay } from '../../src/tracer/replay.ts';
import { otlpLines } from './otlp-lines.ts';

const directory = new URL('old/', import.meta.url);
const recordings = readdirSync(directory).filter((name) => name.endsWith('.rec'));

describe('a recording of an earlier version', () => {
  it.each(recordings)('%s gives the spans that it gave then', async (name) => {
    const spans: ReadableSpan[] = [];
    const collect = {
      onEnd: (span: ReadableSpan) => void spans.push(span),
      forceFlush: async () => {},
      shutdown: async () => {},
    };
    const replayed = await replay([readFileSync(new URL(name, directory))], { name, processors: [collect] });
    const request = JsonTraceSerializer.serializeRequest(spans) ?? new Uint8Array();
    const wanted = readFileSync(new URL(name.replace(/rec$/, 'jsonl'), directory), 'utf8');
    // Parsed: attributes have no order.
    const parsed = (lines: readonly string[]) => lines.map((line) => JSON.parse(line) as unknown);
    expect(parsed(otlpLines([Buffer.from(request).toString()]))).toEqual(
      parsed(wanted.trimEnd().split('\n')),
    );
    expect(replayed).toMatchObject({ end: 'complete', lost: {} });
  });
});

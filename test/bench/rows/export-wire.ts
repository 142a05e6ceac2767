/** Bytes of a span on the wire. */

import { NO_LIMITS } from '../../../src/otlp/limits.ts';
import { TraceRequestBuilder } from '../../../src/otlp/trace-request.ts';
import { compress, hasZstd } from '../../../src/otlp-client/compress.ts';
import type { ReadableSpan } from '../../../src/span/readable-span.ts';
import type { Bench } from '../bench.ts';
import { type Figure, figureOf } from '../figure.ts';
import { withRecording } from '../program.ts';
import { recordedSpans } from '../recorded.ts';
import { makeSyntheticSpan } from '../synthetic-span.ts';

const BATCH = 512;
const row = 'export-wire';

export async function exportWire(bench: Bench): Promise<Figure[]> {
  const recorded = await withRecording(bench, 2_048, recordedSpans);
  const synthetic = Array.from({ length: BATCH }, (_, index) => makeSyntheticSpan(index + 1));
  return [
    ...(await figuresOf('span of a traced program', recorded.slice(0, BATCH))),
    ...(await figuresOf('span of 12 attributes and 3 events', synthetic)),
  ];
}

async function figuresOf(name: string, spans: readonly ReadableSpan[]): Promise<Figure[]> {
  const request = new TraceRequestBuilder(NO_LIMITS);
  for (const span of spans) request.addSpan(span);
  const { bytes } = request.take();
  const figures: Figure[] = [];
  for (const encoding of ['identity', 'gzip', 'zstd'] as const) {
    if (encoding === 'zstd' && !hasZstd) continue;
    const { byteLength } = await compress(bytes, encoding);
    const what = `${name} on the wire: ${encoding === 'identity' ? 'none' : encoding}`;
    const detail = `in a request of ${spans.length}${hasZstd ? '' : `; Node ${process.versions.node} has no zstd`}`;
    figures.push(figureOf({ row, what, unit: 'B', detail }, Math.round(byteLength / spans.length)));
  }
  return figures;
}

/** A trace as a file for another tool: by the name of its format. */

import { gzipSync } from 'node:zlib';
import type { StacksAnswer, TraceAnswer } from '../page-api/answers.ts';
import type { SpanReader } from '../page-api/span-store.ts';
import { encodePprof } from '../profile/pprof.ts';
import { type SpeedscopeFile, toSpeedscope } from '../profile/speedscope.ts';
import { requestJson } from '../store/request-json.ts';
import { traceCsv } from '../trace-export/trace-csv.ts';
import { traceEventFile } from '../trace-export/trace-events.ts';
import { traceHtml } from '../trace-export/trace-html.ts';
import { traceProfile } from '../trace-export/trace-profile.ts';

export interface TraceFile {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array;
}

interface Format {
  /** Of the name of the file. */
  readonly ending: string;
  readonly type: string;
  readonly write: (trace: TraceAnswer, seen: Seen) => string | Uint8Array;
}

/** What profiles have beside. */
interface Seen {
  readonly stacks: StacksAnswer;
  /** Only that span and those below it. */
  readonly spanId: string | undefined;
}

const json = (ending: string, write: (trace: TraceAnswer, seen: Seen) => object): Format => ({
  ending,
  type: 'application/json',
  write: (trace, seen) => JSON.stringify(write(trace, seen)),
});

const formats: Readonly<Record<string, Format>> = {
  perfetto: json('trace.json', traceEventFile),
  speedscope: json('speedscope.json', speedscopeFile),
  pprof: {
    ending: 'pb.gz',
    type: 'application/octet-stream',
    write: (trace, { stacks, spanId }) => gzipSync(encodePprof(traceProfile(trace, stacks, spanId))),
  },
  csv: { ending: 'csv', type: 'text/csv; charset=utf-8', write: traceCsv },
  html: { ending: 'html', type: 'text/html; charset=utf-8', write: traceHtml },
};

/** Of what was seen in the code, if anything was, it shows first what was seen on a processor. */
function speedscopeFile(trace: TraceAnswer, { stacks, spanId }: Seen): SpeedscopeFile {
  const profile = traceProfile(trace, stacks, spanId);
  const file = toSpeedscope(profile, `trace ${trace.traceId}`);
  const shown = file.profiles.findIndex(
    ({ name, endValue }) => (name === 'cpu' || name === 'wait') && endValue > 0,
  );
  return { ...file, ...(shown > 0 && { activeProfileIndex: shown }) };
}

/** Names of all of them. */
export const TRACE_FORMATS: readonly string[] = [...Object.keys(formats), 'otlp'];

/** More in one part of OTLP is a request of its own. */
const PART_BYTES = 4 * 2 ** 20;

/** Undefined: there is no such trace. `format` is one of {@link TRACE_FORMATS}; `spanId`: profiles are of that span and those below it. */
export async function traceFile(
  reader: SpanReader,
  traceId: string,
  format: string,
  spanId?: string | undefined,
): Promise<TraceFile | undefined> {
  if (format === 'otlp') return otlpFile(reader, traceId);
  const chosen = formats[format];
  const trace = chosen && (await reader.trace(traceId));
  if (!trace || (spanId !== undefined && !trace.spanId.includes(spanId))) return undefined;
  const written = chosen.write(trace, { stacks: await reader.stacks(traceId), spanId });
  return { name: `${traceId}.${chosen.ending}`, type: chosen.type, bytes: Buffer.from(written) };
}

async function otlpFile(reader: SpanReader, traceId: string): Promise<TraceFile | undefined> {
  const lines: string[] = [];
  for await (const part of reader.traceBytes(traceId, PART_BYTES))
    lines.push(JSON.stringify(requestJson(part)));
  if (lines.length === 0) return undefined;
  // An export request a line, as the collector's file exporter writes and its file receiver reads them.
  const bytes = Buffer.from(`${lines.join('\n')}\n`);
  return { name: `${traceId}.otlp.jsonl`, type: 'application/x-ndjson', bytes };
}

/** Spans of the flood as a recording keeps them: records of the real ring, and what the stages make of them. */
import { createReadStream } from 'node:fs';
import type { SpanSink } from '../../src/export/span-sink.ts';
import type { Frame } from '../../src/recording/format.ts';
import { readRecording } from '../../src/recording/read-recording.ts';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { replay } from '../../src/tracer/replay.ts';

export async function recordedFrames(path: string): Promise<Frame[]> {
  const frames: Frame[] = [];
  for await (const frame of readRecording(createReadStream(path), path)) frames.push(frame);
  return frames;
}

/** Hands each span of the recording over, and keeps none. */
export async function eachRecordedSpan(path: string, take: (span: ReadableSpan) => void): Promise<void> {
  const sink: SpanSink = { onEnd: take, forceFlush: async () => {}, shutdown: async () => {} };
  await replay(createReadStream(path), { name: path, processors: [sink] });
}

export async function recordedSpans(path: string): Promise<ReadableSpan[]> {
  const spans: ReadableSpan[] = [];
  await eachRecordedSpan(path, (span) => spans.push(span));
  return spans;
}

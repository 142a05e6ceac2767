/** What takes samples and waits with the code that they were in, and the spans that these were in. Owns the type only. */
import type { SeenCode } from '../correlate/code-place.ts';
import type { CodeSample } from '../correlate/code-sample.ts';
import type { SpanFactOf } from '../correlate/fact.ts';
import type { FactSink } from '../export/span-sink.ts';
import type { SpanSource } from '../span/span-source.ts';

/** None of its methods may throw. */
export interface CodeSink extends FactSink {
  onSample(sample: CodeSample, code: SeenCode, source: SpanSource): void;
  onWait(wait: SpanFactOf<'wait'>, code: SeenCode, source: SpanSource): void;
}

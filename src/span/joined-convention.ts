/**
 * How an operation is told that has a span of an OpenTelemetry SDK in the target: that one says what it was and how it ended, ours
 * what the runtime knows of it. So that the one is not taken for the other, ours has but few of the convention's attributes.
 */
import type { AttributeSink } from './attribute-sink.ts';
import type { Convention, Description } from './convention.ts';

export function joinedConvention<Fact, Recurring, About extends Description>(
  own: Convention<Fact, Recurring, About>,
): Convention<Fact, Recurring, About> {
  const { besideSdk = new Set() } = own;
  return {
    ...own,
    describe: (fact, source) => {
      const about = own.describe(fact, source);
      return { ...about, name: `runtime ${about.name}` };
    },
    errorType: () => undefined,
    addRecurring: (sink, fact, about) => own.addRecurring(new KeepingSink(sink, besideSdk), fact, about),
    addVarying: (sink, fact) => own.addVarying(new KeepingSink(sink, besideSdk), fact),
  };
}

class KeepingSink implements AttributeSink {
  readonly #sink: AttributeSink;
  readonly #kept: ReadonlySet<string>;

  constructor(sink: AttributeSink, kept: ReadonlySet<string>) {
    this.#sink = sink;
    this.#kept = kept;
  }

  text(name: string, value: string): void {
    if (this.#kept.has(name)) this.#sink.text(name, value);
  }

  int(name: string, value: number): void {
    if (this.#kept.has(name)) this.#sink.int(name, value);
  }

  double(name: string, value: number): void {
    if (this.#kept.has(name)) this.#sink.double(name, value);
  }

  texts(name: string, texts: readonly string[]): void {
    if (this.#kept.has(name)) this.#sink.texts(name, texts);
  }
}

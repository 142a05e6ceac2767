/**
 * How an operation is told that has a span of an OpenTelemetry SDK in the target: that one says what it was and how it ended, ours
 * what the runtime knows of it. So that the one is not taken for the other, ours has but few of the convention's attributes.
 */
import * as names from './attribute-names.ts';
import type { AttributeSink } from './attribute-sink.ts';
import type { Convention, Description } from './convention.ts';
import { RPC_METHOD, RPC_SYSTEM_NAME } from './grpc-attribute-names.ts';

/** By which it is found: what was asked for, and the connection. */
const KEPT: ReadonlySet<string> = new Set([
  names.HTTP_REQUEST_METHOD,
  names.HTTP_ROUTE,
  names.NETWORK_PEER_ADDRESS,
  names.NETWORK_PEER_PORT,
  names.NETWORK_PROTOCOL_VERSION,
  RPC_SYSTEM_NAME,
  RPC_METHOD,
]);

export function joinedConvention<Fact, Recurring, About extends Description>(
  own: Convention<Fact, Recurring, About>,
): Convention<Fact, Recurring, About> {
  return {
    ...own,
    describe: (fact, source) => {
      const about = own.describe(fact, source);
      return { ...about, name: `runtime ${about.name}` };
    },
    errorType: () => undefined,
    addRecurring: (sink, fact, about) => own.addRecurring(new KeepingSink(sink), fact, about),
    addVarying: (sink, fact) => own.addVarying(new KeepingSink(sink), fact),
  };
}

class KeepingSink implements AttributeSink {
  readonly #sink: AttributeSink;

  constructor(sink: AttributeSink) {
    this.#sink = sink;
  }

  text(name: string, value: string): void {
    if (KEPT.has(name)) this.#sink.text(name, value);
  }

  int(name: string, value: number): void {
    if (KEPT.has(name)) this.#sink.int(name, value);
  }

  double(name: string, value: number): void {
    if (KEPT.has(name)) this.#sink.double(name, value);
  }

  texts(name: string, texts: readonly string[]): void {
    if (KEPT.has(name)) this.#sink.texts(name, texts);
  }
}

/** What requests of one route spend in which functions, so that two of them can be compared. Pure. */
import type { CodeFrame } from '../correlate/code-place.ts';

/** On a processor, or waiting. */
export type CodeUse = 'cpu' | 'wait';

/** A look at a processor, or a wait, in a request. */
export interface CodeHit {
  readonly use: CodeUse;
  /** Which of its functions is told of. */
  readonly frame: CodeFrame;
  readonly ns: number;
}

/** What was seen of one function. */
export interface FunctionUse {
  readonly use: CodeUse;
  readonly hits: number;
  /** Of all requests. */
  readonly ns: number;
  /** Sum of the squares of what each request spent: how much they differ among themselves. */
  readonly squares: number;
  /** Where most of it was. */
  readonly frame: CodeFrame;
}

interface Sums {
  readonly use: CodeUse;
  hits: number;
  ns: number;
  squares: number;
  /** By line. */
  readonly at: Map<string, { readonly frame: CodeFrame; ns: number }>;
}

export class RouteCode {
  requests = 0;
  readonly #sums = new Map<string, Sums>();

  /** All that was seen in one request. */
  add(hits: readonly CodeHit[]): void {
    this.requests++;
    const spent = new Map<Sums, number>();
    for (const { use, frame, ns } of hits) {
      const sums = this.#sumsOf(use, frame);
      sums.hits++;
      sums.ns += ns;
      spent.set(sums, (spent.get(sums) ?? 0) + ns);
      const line = `${frame.file}:${frame.line}`;
      const at = sums.at.get(line) ?? { frame, ns: 0 };
      at.ns += ns;
      sums.at.set(line, at);
    }
    for (const [sums, ns] of spent) sums.squares += ns ** 2;
  }

  /** By a key that is the same for the same function. */
  functions(): Map<string, FunctionUse> {
    const uses = [...this.#sums].map(([key, { use, hits, ns, squares, at }]): [string, FunctionUse] => {
      const { frame } = [...at.values()].reduce((most, each) => (each.ns > most.ns ? each : most));
      return [key, { use, hits, ns, squares, frame }];
    });
    return new Map(uses);
  }

  #sumsOf(use: CodeUse, frame: CodeFrame): Sums {
    const key = `${use} ${frame.function}`;
    let sums = this.#sums.get(key);
    if (sums === undefined) {
      sums = { use, hits: 0, ns: 0, squares: 0, at: new Map() };
      this.#sums.set(key, sums);
    }
    return sums;
  }
}

/** The query of a URL → what is asked of a store. Pure; whatever is wrong is said by name. */
import {
  FLAME_SCOPES,
  type FlameScope,
  type Operation,
  type OperationQuery,
  type SearchQuery,
  type TimeRange,
} from '../page-api/query.ts';

/** A parameter is missing or wrong: the message says which and what it may be. */
export class ParameterError extends Error {}

const HOUR_US = 3_600_000_000;
const LIMIT_MAX = 1_000;
const POINTS_MAX = 20_000;
/** Conditions on attributes of one search. */
const ATTRIBUTES_MAX = 16;

export class Parameters {
  readonly #query: URLSearchParams;
  readonly #nowUs: number;

  constructor(query: URLSearchParams, nowUs: number) {
    this.#query = query;
    this.#nowUs = nowUs;
  }

  /** The last hour if none is given. @throws {ParameterError} */
  range(from = 'from', to = 'to'): TimeRange {
    const toUs = this.number(to) ?? this.#nowUs;
    const fromUs = this.number(from) ?? toUs - HOUR_US;
    if (fromUs >= toUs) throw new ParameterError(`${from} must be before ${to}`);
    return { fromUs, toUs };
  }

  operation(): Operation {
    return { service: this.#needed('service'), name: this.#needed('name'), kind: this.#kind() ?? 0 };
  }

  operationQuery(): OperationQuery {
    return { ...this.operation(), ...this.range(), minNs: this.number('min'), maxNs: this.number('max') };
  }

  get points(): number {
    return Math.min(this.number('points') ?? 2_000, POINTS_MAX);
  }

  /** Of the goroutine if nothing is said. @throws {ParameterError} */
  get flameScope(): FlameScope {
    const wanted = this.text('scope') ?? 'goroutine';
    const scope = FLAME_SCOPES.find((known) => known === wanted);
    if (scope === undefined)
      throw new ParameterError(`scope=${wanted} is none of ${FLAME_SCOPES.join(', ')}`);
    return scope;
  }

  search(): SearchQuery {
    return {
      ...this.range(),
      service: this.text('service'),
      name: this.text('name'),
      kind: this.#kind(),
      minNs: this.number('min'),
      maxNs: this.number('max'),
      isError: this.#flag('error'),
      waitTop: this.text('wait'),
      cause: this.text('cause'),
      attributes: this.#attributes(),
      limit: Math.min(this.number('limit') ?? 50, LIMIT_MAX),
    };
  }

  /** Undefined if it is not given or empty. */
  text(name: string): string | undefined {
    return this.#query.get(name) || undefined;
  }

  /** A whole number that is not negative. @throws {ParameterError} */
  number(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (/^\d{1,16}$/.test(text) && Number.isSafeInteger(value)) return value;
    throw new ParameterError(`${name}=${text} is not a whole number`);
  }

  #needed(name: string): string {
    const text = this.#query.get(name);
    if (text === null) throw new ParameterError(`${name} is missing`);
    return text;
  }

  #kind(): number | undefined {
    const kind = this.number('kind');
    if (kind !== undefined && kind > 5) throw new ParameterError(`kind=${kind} is no kind of span (0 to 5)`);
    return kind;
  }

  #flag(name: string): boolean | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (text === 'true' || text === 'false') return text === 'true';
    throw new ParameterError(`${name}=${text} is neither true nor false`);
  }

  #attributes(): SearchQuery['attributes'] {
    const pairs = this.#query.getAll('attribute');
    if (pairs.length > ATTRIBUTES_MAX)
      throw new ParameterError(`attribute may be given ${ATTRIBUTES_MAX} times`);
    return pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at <= 0) throw new ParameterError(`attribute=${pair} is not key=value`);
      return { key: pair.slice(0, at), value: pair.slice(at + 1) };
    });
  }
}

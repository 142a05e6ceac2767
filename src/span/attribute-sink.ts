/** Where the attributes of a span go, one by one: into an object, or straight into an encoded request. */
import type { Attributes } from '@opentelemetry/api';

export interface AttributeSink {
  text(name: string, value: string): void;
  /** An integer within ±2^53. */
  int(name: string, value: number): void;
  double(name: string, value: number): void;
  texts(name: string, values: readonly string[]): void;
}

/** Takes those of some names only, as the API has them. */
export class PickedAttributes implements AttributeSink {
  readonly attributes: Attributes = {};
  readonly #names: ReadonlySet<string>;

  constructor(names: ReadonlySet<string>) {
    this.#names = names;
  }

  text(name: string, value: string): void {
    if (this.#names.has(name)) this.attributes[name] = value;
  }

  int(name: string, value: number): void {
    if (this.#names.has(name)) this.attributes[name] = value;
  }

  double(name: string, value: number): void {
    if (this.#names.has(name)) this.attributes[name] = value;
  }

  texts(name: string, values: readonly string[]): void {
    if (this.#names.has(name)) this.attributes[name] = [...values];
  }
}

/** Collects them as the API has them. */
export class AttributeObject implements AttributeSink {
  readonly attributes: Attributes = {};

  text(name: string, value: string): void {
    this.attributes[name] = value;
  }

  int(name: string, value: number): void {
    this.attributes[name] = value;
  }

  double(name: string, value: number): void {
    this.attributes[name] = value;
  }

  texts(name: string, values: readonly string[]): void {
    this.attributes[name] = [...values];
  }
}

/** Where the attributes of a span go, one by one: into an object, or straight into an encoded request. */
import type { Attributes } from '@opentelemetry/api';
import { cutText } from './cut-text.ts';

export interface AttributeSink {
  text(name: string, value: string): void;
  /** An integer within ±2^53. */
  int(name: string, value: number): void;
  texts(name: string, values: readonly string[]): void;
}

/** Collects them as the API has them; texts are cut to `lengthMax` UTF-16 units. */
export class AttributeObject implements AttributeSink {
  readonly attributes: Attributes = {};
  readonly #lengthMax: number;

  constructor(lengthMax = Number.POSITIVE_INFINITY) {
    this.#lengthMax = lengthMax;
  }

  text(name: string, value: string): void {
    this.attributes[name] = cutText(value, this.#lengthMax);
  }

  int(name: string, value: number): void {
    this.attributes[name] = value;
  }

  texts(name: string, values: readonly string[]): void {
    this.attributes[name] = [...values];
  }
}

/**
 * A resource object that SDK code can merge and serialize, made from plain attributes.
 * Owns no knowledge of where the attributes come from (`src/process` reads them).
 */
import type { Attributes } from '@opentelemetry/api';
import type { RawResourceAttribute, Resource } from './readable-span.ts';

/** Makes the frozen resource of one target. Make it once and keep it: exporters group spans by its identity. */
export function createResource(attributes: Attributes): Resource {
  const own = Object.freeze({ ...attributes });
  return Object.freeze({
    attributes: own,
    asyncAttributesPending: false,
    merge: (other: Resource | null): Resource => createResource({ ...own, ...other?.attributes }),
    getRawAttributes: (): RawResourceAttribute[] => Object.entries(own),
  });
}

/** Values of attributes as text, by which they are looked for and compared. */
import type { Attributes, AttributeValue } from '../page-api/answers.ts';
import type { SearchQuery } from '../page-api/query.ts';

/** Undefined for what is not there. */
export function asText(value: AttributeValue | undefined): string | undefined {
  if (value === undefined) return undefined;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Whether a span, or else its resource, has all the attributes that a search asks for. */
export const hasAttributes = (
  { attributes, resource }: { readonly attributes: Attributes; readonly resource: Attributes },
  asked: NonNullable<SearchQuery['attributes']>,
): boolean =>
  asked.every(({ key, value }) => asText(attributes[key]) === value || asText(resource[key]) === value);

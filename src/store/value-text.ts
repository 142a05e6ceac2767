/** Values of attributes as text, by which they are looked for and compared. */
import type { AttributeValue } from '../page-api/answers.ts';

/** Undefined for what is not there. */
export function asText(value: AttributeValue | undefined): string | undefined {
  if (value === undefined) return undefined;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Attributes of our spans as the page reads them. A test compares the names with those that the tracer tells. */
import type { Attributes, AttributeValue, Spent } from '../page-api/answers.ts';

export const ATTRIBUTE = {
  breakdown: 'goidspan.breakdown',
  critical: 'goidspan.critical',
  waitTop: 'goidspan.wait.top',
  verdict: 'goidspan.verdict',
  cause: 'goidspan.verdict.cause',
  share: 'goidspan.verdict.share',
  confidence: 'goidspan.verdict.confidence',
  goid: 'goidspan.goid',
  parentGoid: 'goidspan.parent_goid',
  waitFor: 'goidspan.wait.for',
  waker: 'goidspan.wait.waker.goid',
  holder: 'goidspan.wait.holder.goid',
  runnableNs: 'goidspan.wait.runnable_ns',
  stopReason: 'goidspan.stop.reason',
  stopGoid: 'goidspan.stop.goid',
  linkReason: 'goidspan.link.reason',
  function: 'code.function.name',
  file: 'code.file.path',
  line: 'code.line.number',
  stack: 'code.stacktrace',
} as const;

export function textOf(value: AttributeValue | undefined): string {
  if (value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

export const numberOf = (value: AttributeValue | undefined): number | undefined => {
  const number = typeof value === 'number' ? value : typeof value === 'string' ? Number(value) : Number.NaN;
  return Number.isFinite(number) ? number : undefined;
};

/** A breakdown, which stands there as JSON; empty if it is none. */
export function spentOf(value: AttributeValue | undefined): Spent {
  try {
    const object: unknown = typeof value === 'string' ? JSON.parse(value) : value;
    if (typeof object !== 'object' || object === null || Array.isArray(object)) return {};
    const entries = Object.entries(object).filter(([, ns]) => typeof ns === 'number' && ns > 0);
    return Object.fromEntries(entries) as Spent;
  } catch {
    return {};
  }
}

/** `handler (main.go:46)`: where in the code a wait was; empty where that is not known. */
export function placeOf(attributes: Attributes): string {
  const name = textOf(attributes[ATTRIBUTE.function]);
  const file = textOf(attributes[ATTRIBUTE.file]).replace(/^.*\//, '');
  const line = numberOf(attributes[ATTRIBUTE.line]);
  if (name === '') return '';
  return file === '' ? name : `${name} (${file}${line === undefined ? '' : `:${line}`})`;
}

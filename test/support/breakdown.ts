/** What a span says of where its time went. */

import { SpanKind } from '@opentelemetry/api';
import type { ReadableSpan } from '../../src/span/readable-span.ts';

/** Nanoseconds by key. */
export type Breakdown = Readonly<Record<string, number>>;

/** Fails for a span that says nothing of its time, or not of all of it, or names another than the largest part, or has more of a part than of all. */
export function breakdownOf(span: ReadableSpan): Breakdown {
  const text = span.attributes['goidspan.breakdown'];
  if (typeof text !== 'string') throw new Error(`${span.name} has no breakdown`);
  const breakdown: Breakdown = JSON.parse(text);
  const parts = Object.values(breakdown);
  if (!parts.every((ns) => Number.isSafeInteger(ns) && ns > 0)) {
    throw new Error(`${span.name} has a part that is no time: ${text}`);
  }
  const sum = timeOf(Object.keys(breakdown), breakdown);
  if (sum !== durationNs(span)) throw new Error(`${span.name} of ${durationNs(span)} ns has ${sum}: ${text}`);
  const top = String(span.attributes['goidspan.wait.top']);
  if (breakdown[top] !== Math.max(...parts)) throw new Error(`${span.name} has most of ${top}: ${text}`);
  const allocated = span.attributes['goidspan.alloc'] ?? 1;
  if (!Number.isSafeInteger(allocated) || Number(allocated) <= 0 || Number(allocated) > durationNs(span)) {
    throw new Error(`${span.name} of ${durationNs(span)} ns was ${allocated} ns in the slow ways to memory`);
  }
  return breakdown;
}

export const timeOf = (keys: readonly string[], breakdown: Breakdown): number =>
  keys.reduce((sum, key) => sum + (breakdown[key] ?? 0), 0);

export const durationNs = ({ duration: [seconds, nanos] }: ReadableSpan): number =>
  seconds * 1_000_000_000 + nanos;

/** Is it a span with a breakdown of its own, and not a part of one? */
export const isWhole = ({ kind }: ReadableSpan): boolean => kind !== SpanKind.INTERNAL;

/** One whole frame's parts as a {@link Frame}. Pure; the parts are hostile. */
import type { SpanEnding } from '../correlate/fact.ts';
import { type Frame, frameKind } from './format.ts';
import { isLayout } from './parse-layout.ts';

type Json = Readonly<Record<string, unknown>>;

const KIND_BY_NUMBER = new Map(
  Object.entries(frameKind).map(([kind, number]) => [number, kind] as const),
) as Map<number, Frame['kind']>;

/** Undefined for a frame that is not of the form that its kind has. `binary` must be its own buffer. */
export function parseFrame(number: number, text: string, binary: ArrayBuffer): Frame | undefined {
  const kind = KIND_BY_NUMBER.get(number);
  const json = parseObject(text);
  if (kind === undefined || json === undefined || binary.byteLength % 8 !== 0) return undefined;
  const hasForm = FORM_BY_KIND[kind](json);
  if (!hasForm) return undefined;
  return {
    ...json,
    kind,
    ...(kind === 'batch' || kind === 'span' ? { bytes: binary } : {}),
  } as unknown as Frame;
}

function parseObject(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const ENDINGS: Readonly<Record<SpanEnding, true>> = {
  returned: true,
  panicked: true,
  hijacked: true,
  disconnected: true,
  goroutine_exited: true,
  process_exited: true,
};

const FORM_BY_KIND: Readonly<Record<Frame['kind'], (json: Json) => boolean>> = {
  start: ({ version, wireHash, startedAt, scope, about, layout }) =>
    areTexts(version, wireHash, startedAt) &&
    (layout === undefined || isLayout(layout)) &&
    isObject(scope) &&
    areTexts(scope['name'], scope['version']) &&
    isObject(about) &&
    areTexts(...Object.values(about)),
  clock: ({ offset }) => isTime(offset),
  target: ({ targetId, pid, exe, serviceName, goVersion, waitMinNs, facts, attributes }) =>
    areCounts(targetId, pid) &&
    (waitMinNs === undefined || areCounts(waitMinNs)) &&
    (facts === undefined || areFacts(facts)) &&
    areTexts(exe, serviceName) &&
    (goVersion === undefined || areTexts(goVersion)) &&
    isObject(attributes) &&
    Object.values(attributes).every((value) => typeof value === 'string' || Number.isFinite(value)),
  type_name: ({ targetId, address, name }) =>
    areCounts(targetId, address) && (name === null || areTexts(name)),
  code: ({ place, frames }) => isPlace(place) && Array.isArray(frames) && frames.every(isCode),
  batch: () => true,
  span: ({ end, ending }) => isTime(end) && typeof ending === 'string' && Object.hasOwn(ENDINGS, ending),
  forget: ({ targetId }) => areCounts(targetId),
  end: ({ endedAt, stats }) => areTexts(endedAt) && isObject(stats),
};

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function areTexts(...values: unknown[]): boolean {
  return values.every((value) => typeof value === 'string');
}

function areNumbers(...values: unknown[]): boolean {
  return values.every(Number.isFinite);
}

/** Numbers, and one word. */
function areFacts(facts: unknown): boolean {
  if (!isObject(facts)) return false;
  const { level, ...numbers } = facts;
  return (level === undefined || areTexts(level)) && areNumbers(...Object.values(numbers));
}

function areCounts(...values: unknown[]): boolean {
  return values.every((value) => Number.isSafeInteger(value) && (value as number) >= 0);
}

function isPlace(value: unknown): boolean {
  return (
    isObject(value) &&
    areCounts(value['targetId'], value['stackId']) &&
    areNumbers(value['pc'], value['link'])
  );
}

function isCode(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { function: name, file, line, isInlined } = value;
  return areTexts(name, file) && areCounts(line) && typeof isInlined === 'boolean';
}

/** Whole seconds, and nanoseconds below 10^9. */
function isTime(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [seconds, nanos] = value as unknown[];
  return Number.isSafeInteger(seconds) && areCounts(nanos) && (nanos as number) < 1e9;
}

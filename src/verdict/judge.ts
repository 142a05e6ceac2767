/** The verdict on a slow span: what most of its time went to, or nothing where that is not clear. Pure. */
import type { Cause, Verdict } from '../correlate/verdict.ts';
import type { CodeAt, Evidence } from './evidence.ts';
import { milliseconds } from './milliseconds.ts';
import { outsideOfCalls, RULES, shownOf, unknownNs } from './rules.ts';

/** A cause that explains less of the duration is none. */
const SHARE_MIN = 0.4;
/** … or that is not this much larger than the next. */
const LEAD_MIN = 1.2;
/** Another one that explains so much is told as well. */
const SECOND_MIN = 0.2;
/** More that is not known may be the cause. */
const UNKNOWN_MAX = 0.2;

/** Nanoseconds that each cause explains; together at most the duration, but for what two of them share. */
export const explain = (evidence: Evidence): ReadonlyMap<Cause, number> =>
  new Map(
    explanations(evidence, outsideOfCalls(evidence)).map(({ rule, explained }) => [rule.cause, explained]),
  );

/** What each rule explains. */
const explanations = (evidence: Evidence, rest: readonly number[]) =>
  RULES.map((rule) => ({ rule, explained: rule.explains(evidence, rest) }));

/** `codeAt`: what stands at the places that the evidence names. */
export function judge(evidence: Evidence, codeAt: CodeAt = () => undefined): Verdict | undefined {
  const { durationNs, ns } = evidence;
  const unknown = unknownNs(ns) / durationNs;
  if (!(durationNs > 0) || unknown > UNKNOWN_MAX) return undefined;
  const rest = outsideOfCalls(evidence);
  const [first, second] = explanations(evidence, rest).sort((a, b) => b.explained - a.explained);
  if (first === undefined || first.explained < SHARE_MIN * durationNs) return undefined;
  if (second !== undefined && first.explained < LEAD_MIN * second.explained) return undefined;
  const tell = ({ rule, explained }: typeof first, of: string): string =>
    `${rule.cause}: ${milliseconds(explained)}${of} ms ${rule.tell(shownOf(evidence, rest, explained, codeAt))}`;
  const sentence = tell(first, ` of ${milliseconds(durationNs)}`);
  const isTold = second !== undefined && second.explained >= SECOND_MIN * durationNs;
  return {
    cause: first.rule.cause,
    share: rounded(Math.min(1, first.explained / durationNs)),
    confidence: rounded(1 - unknown),
    sentence: isTold ? `${sentence}; ${tell(second, '')}` : sentence,
  };
}

const rounded = (share: number): number => Math.round(share * 1_000) / 1_000;

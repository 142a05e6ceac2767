import { describe, expect, it } from 'vitest';
import type { SpanFact } from '../../src/correlate/fact.ts';
import { hexOf } from '../../src/span/span-context.ts';
import { type HostRun, type Processor, processors, runHost } from '../bpf/host.ts';
import { Random } from '../support/random.ts';
import { nanosOf, validSpanOf } from '../support/valid-span.ts';
import { validate } from '../support/validator.ts';
import { type Expected, Program } from './program.ts';

const PROGRAMS = 150;
const SCHEDULES_EACH = 10;
/** Longer than any event is interrupted by others. */
const INTERRUPTION_NS = 1_000n;

describe('concurrent requests', () => {
  it.each(processors)(
    'give the same trees in 1,500 random schedules on %s',
    (processor) => {
      expect(spansOfSchedules(processor, false)).toBeGreaterThan(40_000);
    },
    120_000,
  );

  // As on a kernel that preempts itself, or on several processors, where memory of deleted elements is used again at once.
  it.each(processors)(
    'give the same trees in 1,500 random schedules in which they interrupt each other in the middle of a program on %s',
    (processor) => {
      expect(spansOfSchedules(processor, true)).toBeGreaterThan(40_000);
    },
    120_000,
  );

  it('are sampled one by one as often as the ratio says, and each trace as a whole', () => {
    const requests = 4_000;
    const half = 2n ** 55n;
    const events = Array.from(
      { length: requests },
      (_, n) => `${10 * n} server begin g${1 + (n % 7)}\n${10 * n + 2} client begin g${1 + (n % 7)}
${10 * n + 4} client end g${1 + (n % 7)}\n${10 * n + 6} server end g${1 + (n % 7)}`,
    );
    const [run] = runHost(`run 1\n1 set reject-below=${half}\n${events.join('\n')}\n`) as [HostRun];
    expect(validate(run.spans.map(validSpanOf))).toEqual([]);
    const servers = run.spans.filter((span) => span.spanKind === 'server');
    expect(run.spans).toHaveLength(2 * servers.length);
    // Within five standard deviations.
    expect(Math.abs(servers.length - requests / 2)).toBeLessThan(5 * Math.sqrt(requests / 4));
    expect(servers.every((span) => (BigInt(`0x${hexOf(span.traceId)}`) & (2n ** 56n - 1n)) >= half)).toBe(
      true,
    );
    expect(run.counts['NOTE_UNSAMPLED']).toBe(2 * (requests - servers.length));
  });
});

/** Runs made-up programs, each in several schedules, and fails on whatever is wrong; returns how many spans were right. */
function spansOfSchedules(processor: Processor, preempts: boolean): number {
  const schedules = Array.from({ length: PROGRAMS * SCHEDULES_EACH }, (_, index) => {
    const program = new Program(new Random(Math.floor(index / SCHEDULES_EACH)), 6);
    return { program, ...program.schedule(new Random(1_000_000 + index), preempts) };
  });
  const runs = runHost(
    schedules
      .map(({ events }, seed) => `run ${seed + 1}${preempts ? ' preempted' : ''}\n${events.join('\n')}\n`)
      .join(''),
    processor,
  );
  expect(runs).toHaveLength(schedules.length);
  let spans = 0;
  schedules.forEach(({ program, events, begunAt }, index) => {
    const run = runs[index] as HostRun;
    const faults = [
      // A span is open until its end has been written, which is begun with the time that it says.
      ...validate(run.spans.map(validSpanOf), { raceNs: preempts ? INTERRUPTION_NS : 0n }),
      ...differences(run, program.expected, begunAt, preempts),
    ];
    // The schedule is printed in the form of a scenario.
    if (faults.length > 0) throw new Error(`${faults.join('\n')}\n-- events --\n${events.join('\n')}`);
    spans += run.spans.length;
  });
  return spans;
}

/** What is wrong with the spans of a run, in words. A link may be missing where what it links to may have been swept away. */
function differences(
  run: HostRun,
  expected: ReadonlyMap<string, Expected>,
  begunAt: ReadonlyMap<string, number>,
  isSwept: boolean,
): string[] {
  const nameByStart = new Map([...begunAt].map(([name, time]) => [BigInt(time), name]));
  const nameOf = (span: SpanFact): string => nameByStart.get(nanosOf(span.start)) ?? '?';
  const nameById = new Map(run.spans.map((span) => [hexOf(span.spanId), nameOf(span)]));
  const faults: string[] = [];
  const found = new Map(
    run.spans.map((span) => [
      nameOf(span),
      {
        parent:
          span.parentSpanId && !span.parentIsRemote ? nameById.get(hexOf(span.parentSpanId)) : undefined,
        remote: span.parentIsRemote || undefined,
        link: span.link && nameById.get(hexOf(span.link.spanId)),
        ending: span.ending,
      },
    ]),
  );
  for (const [name, want] of expected) {
    const have = found.get(name);
    for (const key of ['parent', 'remote', 'link', 'ending'] as const) {
      if (key === 'link' && isSwept && have?.link === undefined) continue;
      if (key === 'parent' && want.isParentUnsure && have?.parent === undefined) continue;
      if (have?.[key] !== want[key]) faults.push(`${name}: ${key} is ${have?.[key]}, not ${want[key]}`);
    }
  }
  for (const name of found.keys()) if (!expected.has(name)) faults.push(`${name} should not be`);
  for (const [name, value] of Object.entries(run.counts)) {
    if (value > 0 && name.startsWith('LOST_')) faults.push(`${name} ${value}`);
  }
  if (run.open > 0) faults.push(`${run.open} spans are still open`);
  return faults;
}

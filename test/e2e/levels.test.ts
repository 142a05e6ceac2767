/** The level of a target is raised and lowered while it works. */
import { SpanKind } from '@opentelemetry/api';
import { expect, it, onTestFinished } from 'vitest';
import { families, isWithin } from '../../src/probes/families.ts';
import type { ProbeLevel } from '../../src/probes/hook.ts';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { breakdownOf, isWhole } from '../support/breakdown.ts';
import { describeLive } from '../support/capabilities.ts';
import { buildGo } from '../support/go-build.ts';
import { attachedIds, programName } from '../support/held-programs.ts';
import { idOf, parentOf, TracedServer, traceOf } from '../support/traced-server.ts';

const acceptance = () => buildGo({ dir: 'test/fixtures/acceptance/server', name: 'acceptance-server' });
const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

const LANES = 4;
const ROUNDS = 3;
const PHASE_MS = 250;
/** Between the clock of the spans and ours, which counts milliseconds. */
const CLOCK_MS = 2;

/** From when on, and until when, a level was that of the target, in Unix milliseconds. */
interface Phase {
  readonly level: ProbeLevel;
  readonly from: number;
  readonly to: number;
}

const msOf = ([seconds, nanos]: ReadableSpan['startTime']): number => seconds * 1e3 + nanos / 1e6;
const isWithinPhase = ({ startTime, endTime }: ReadableSpan, { from, to }: Phase): boolean =>
  msOf(startTime) > from + CLOCK_MS && msOf(endTime) < to - CLOCK_MS;

describeLive('the level of a target under load', () => {
  it('goes up and down: no span is lost or wrong, breakdowns and probes are there as long as the level is', async () => {
    const traced = await TracedServer.start(await acceptance(), {
      level: 'spans',
      kernel: { level: 'cpu' },
    });
    const { tracer, server } = traced;
    const sent: { readonly id: string; readonly calls: number }[] = [];
    let running = true;
    const lanes = Array.from({ length: LANES }, async (_, lane) => {
      for (let n = 0; running; n++) {
        const [path, calls] = [
          ['/get', 1],
          ['/fanout', 3],
          ['/sleep?ms=4', 0],
        ][n % 3] as [string, number];
        const id = `l${lane}n${n}`;
        const { status } = await server.get(`${path}${path.includes('?') ? '&' : '?'}id=${id}&n=3`);
        expect(status).toBe(200);
        sent.push({ id, calls });
      }
    });
    const phases: Phase[] = [];
    const attachedAt = new Map<ProbeLevel, readonly string[]>([['spans', attachedIds()]]);
    for (let round = 0; round < ROUNDS; round++) {
      for (const level of ['waits', 'runtime', 'cpu', 'waits', 'spans', 'cpu', 'spans'] as const) {
        await tracer.setLevel(level);
        const from = Date.now();
        const attached = attachedIds();
        expect(attached, level).toEqual(attachedAt.get(level) ?? attached);
        attachedAt.set(level, attached);
        await sleep(PHASE_MS);
        phases.push({ level, from, to: Date.now() });
      }
    }
    running = false;
    await Promise.all(lanes);

    for (const { id, calls } of sent) expectTree(await traced.request(id, calls), calls);
    for (const phase of phases) {
      const spans = traced.spans.filter((span) => isWithinPhase(span, phase));
      expect(spans.length, phase.level).toBeGreaterThan(20);
      for (const span of spans.filter(isWhole)) {
        if (phase.level === 'spans') expect(span.attributes).not.toHaveProperty('goidspan.breakdown');
        else breakdownOf(span);
      }
      const waits = spans.filter(({ kind }) => kind === SpanKind.INTERNAL);
      expect(waits.length > 0, `waits at level ${phase.level}`).toBe(phase.level !== 'spans');
    }
    for (const [level, ids] of attachedAt) {
      const attached = ids.map(programName);
      for (const family of families.filter((family) => family.level !== 'spans')) {
        const { hooks, tracepoints = [] } = family;
        const isWanted = isWithin(family.level, level);
        if (hooks.length > 0) expect(hooks.some(({ name }) => attached.includes(name))).toBe(isWanted);
        for (const name of tracepoints) expect(attached.includes(name), name).toBe(isWanted);
      }
    }
    expect((await traced.stop()).lost.total).toBe(0);
  });

  it('is refused where it is deeper than what was loaded, or none', async () => {
    const traced = await TracedServer.start(await acceptance(), {
      level: 'spans',
      kernel: { level: 'waits' },
    });
    onTestFinished(() => traced.stop().then(() => {}));
    const before = attachedIds();
    for (const level of ['runtime', 'cpu', ''] as ProbeLevel[]) {
      await expect(traced.tracer.setLevel(level)).rejects.toThrow(
        new RangeError(`level must be within waits, which was loaded, not ${level}`),
      );
    }
    expect(attachedIds()).toEqual(before);
    await traced.tracer.setLevel('waits');
    await traced.server.get('/sleep?ms=2&id=after');
    breakdownOf((await traced.request('after', 0)).server);
  });
});

/** One trace: calls under their request, and what answered them under the calls. */
function expectTree(
  { server, calls, leaves }: Awaited<ReturnType<TracedServer['request']>>,
  count: number,
): void {
  expect([calls.length, leaves.length]).toEqual([count, count]);
  const callIds = new Set(calls.map(idOf));
  for (const span of [...calls, ...leaves]) expect(traceOf(span)).toBe(traceOf(server));
  for (const call of calls) expect(parentOf(call)).toBe(idOf(server));
  for (const leaf of leaves) expect(callIds.delete(parentOf(leaf) ?? '')).toBe(true);
}

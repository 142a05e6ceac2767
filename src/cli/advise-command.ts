/** `goidspan advise`: measures a program for a while, and says what it should be set to. */
import { totalmem } from 'node:os';
import type { Measurement } from '../advice/measurement.ts';
import { PoolTally } from '../advice/pool-tally.ts';
import { adviceOn, unknownIn } from '../advice/rules.ts';
import { measurementOf, type Sample } from '../advice/sample.ts';
import type { SpanFact } from '../correlate/fact.ts';
import { readCgroupLimits } from '../process/cgroup-limits.ts';
import { PROC_ROOT, readProcFile } from '../process/proc-file.ts';
import { NS_PER_TICK, parseAllowedProcessors, parseCpuTime, parseStat } from '../process/process-stat.ts';
import type { TargetInfo } from '../tracer/api.ts';
import { formatAdvice } from './advice-text.ts';
import { applicationOf, apply } from './apply-advice.ts';
import type { Invocation } from './arguments.ts';
import { EXIT_FAILURE, EXIT_SUCCESS } from './exit-code.ts';
import { linesOf } from './messages.ts';
import type { CommandContext, Tracer } from './session.ts';

type Advise = Extract<Invocation, { kind: 'advise' }>;

/** Runs for its duration, or until a signal comes. Resolves with the exit code. */
export async function adviseCommand(
  { pid, durationSeconds, applyTo, asJson }: Advise,
  context: CommandContext,
): Promise<number> {
  const { terminal } = context;
  const { target, measured } = await measure(pid, durationSeconds, context);
  if (measured === undefined) {
    terminal.say(`pid ${pid} (${target.exe}) has ended before it was measured`);
    return EXIT_FAILURE;
  }
  const advice = adviceOn(measured);
  const advised = { pid, exe: target.exe, measured, advice, unknown: unknownIn(measured) };
  if (!asJson) terminal.writeOut(formatAdvice(advised));
  const asked = applyTo && applicationOf(applyTo, advice);
  try {
    const applied = asked && (await apply(asked));
    if (asJson) terminal.writeOut(jsonOf({ ...advised, applied }));
    else if (applied !== undefined) terminal.writeOut(`applied: ${applied}\n`);
    else if (applyTo && advice.length > 0) terminal.writeOut('nothing of it can be applied from outside\n');
  } catch (error) {
    if (asJson) terminal.writeOut(jsonOf(advised));
    throw error;
  }
  return EXIT_SUCCESS;
}

const jsonOf = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

async function measure(
  pid: number,
  durationSeconds: number,
  { terminal, stop, openTracer }: CommandContext,
): Promise<{ target: TargetInfo; measured: Measurement | undefined }> {
  const pools = new PoolTally();
  let ended: () => void = () => {};
  const hasEnded = new Promise<void>((resolve) => {
    ended = resolve;
  });
  const tracer = await openTracer({
    processors: [sinkOf((fact) => pools.add(fact))],
    level: 'runtime',
    // Of waits their sum is enough.
    waits: 'attributes',
    onEvent: (event) => {
      if (event.kind === 'ended') ended();
      else for (const line of linesOf(event, false)) terminal.say(line);
    },
  });
  try {
    const target = await tracer.attachPid(pid);
    const before = await sampleOf(tracer, pid);
    stop.after(durationSeconds);
    await Promise.race([stop.reason, hasEnded]);
    const after = await sampleOf(tracer, pid);
    const measured = before && after && measurementOf(before, after, pools.pools(), circumstancesOf(pid));
    return { target, measured };
  } finally {
    await tracer.close();
  }
}

function sinkOf(onFact: (fact: SpanFact) => void) {
  const nothing = async (): Promise<void> => {};
  return { onFact, onEnd: () => {}, forceFlush: nothing, shutdown: nothing };
}

/** Undefined if the process has ended. */
async function sampleOf(tracer: Tracer, pid: number): Promise<Sample | undefined> {
  const { spans, targets } = await tracer.stats();
  const target = targets.find((each) => each.pid === pid && each.endedAt === undefined);
  const cpuNs = parseCpuTime(readProcFile(pid, 'stat', PROC_ROOT) ?? '');
  if (target === undefined || cpuNs === undefined) return undefined;
  return {
    ktimeNs: Number(process.hrtime.bigint()),
    cpuNs,
    requests: spans.byKind.server,
    requestNs: target.requestTime ?? {},
    runtime: target.runtime ?? {},
    cgroup: readCgroupLimits(pid),
  };
}

function circumstancesOf(pid: number) {
  const startTicks = parseStat(readProcFile(pid, 'stat', PROC_ROOT) ?? '')?.startTicks ?? 0;
  return {
    startKtimeNs: startTicks * NS_PER_TICK,
    processors: parseAllowedProcessors(readProcFile(pid, 'status', PROC_ROOT) ?? ''),
    hostMemoryBytes: totalmem(),
  };
}

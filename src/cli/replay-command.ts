/** `goidspan replay`: the spans of a recording again, through the same exporters as live ones. */
import { keepVariable } from '../export/keep-rules.ts';
import { routesVariable } from '../export/route-variable.ts';
import { type Replayed, replay } from '../tracer/replay.ts';
import type { Invocation } from './arguments.ts';
import { EXIT_FAILURE, EXIT_SUCCESS } from './exit-code.ts';
import { linesOf } from './messages.ts';
import { openRecording } from './open-recording.ts';
import { formatReplaySummary, replaySummaryOf } from './replay-summary.ts';
import { type CommandContext, openSinks, writeSummary } from './session.ts';
import { exportSummaryOf } from './summary.ts';

/** Resolves with the exit code: 0 for a recording that was cut short too, since that is said. */
export async function replayCommand(
  { file, common }: Extract<Invocation, { kind: 'replay' }>,
  context: CommandContext,
): Promise<number> {
  const { terminal, env, stop } = context;
  const startedAt = new Date();
  const chunks = await openRecording(file);
  const sinks = await openSinks(common, context);
  let replayed: Replayed;
  try {
    replayed = await replay(chunks, {
      name: file,
      processors: sinks,
      telemetryExports: common.telemetryExports,
      dbStatement: common.dbStatement,
      waits: common.waits,
      slowMillis: common.slowMillis,
      routes: common.routes ?? routesVariable(env, (message) => terminal.say(message)),
      keep: common.keep ?? keepVariable(env, (message) => terminal.say(message)),
      isStopped: () => stop.isDue,
      onTarget: (target) => {
        const event = { kind: 'attached', target, hooks: [], missing: [] } as const;
        for (const line of linesOf(event, false)) if (common.isVerbose) terminal.say(`recorded: ${line}`);
      },
    });
  } finally {
    await Promise.all(sinks.map((sink) => sink.shutdown()));
  }
  const said = END[replayed.end];
  if (said) terminal.say(`${file} ${said}: replayed ${replayed.batches} whole batches`);
  const exports = sinks.map(exportSummaryOf);
  const summary = replaySummaryOf(replayed, exports, { file, startedAt, endedAt: new Date() });
  terminal.writeError(formatReplaySummary(summary));
  if (common.summaryFile !== undefined) {
    await writeSummary(common.summaryFile, `${JSON.stringify(summary, null, 2)}\n`);
  }
  const [first] = exports;
  const hasExportedNothing = first !== undefined && first.handed > 0 && first.exported === 0;
  return replayed.end === 'damaged' || hasExportedNothing ? EXIT_FAILURE : EXIT_SUCCESS;
}

/** What is said of a recording that was not replayed to its own end. */
const END: Readonly<Partial<Record<Replayed['end'], string>>> = {
  cut_short: 'is cut short',
  damaged: 'is damaged',
  stopped: 'was not replayed to its end',
};

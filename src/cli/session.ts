/**
 * What both commands share: the exporters, the tracer, and the end with its summary. Owns the order: exporters first, so
 * that a bad endpoint attaches nothing; the tracer closed before them, so that its last spans get out.
 */
import { writeFile } from 'node:fs/promises';
import { GoidspanError, remedyOf } from '../errors.ts';
import type { ExportEvent } from '../export/export-event.ts';
import { keepVariable } from '../export/keep-rules.ts';
import { routesVariable } from '../export/route-variable.ts';
import { samplerOf } from '../export/sampler.ts';
import type { ExportSink } from '../export/span-sink.ts';
import { paintOf } from '../export/terminal/style.ts';
import { useColor } from '../export/terminal/use-color.ts';
import { useUnicode } from '../export/terminal/use-unicode.ts';
import type { ProbeLevel } from '../probes/hook.ts';
import { levelVariable } from '../probes/level-variable.ts';
import { raiseVariable } from '../probes/raise.ts';
import { sdkVariable } from '../probes/sdk-mode.ts';
import { AgentHistory } from '../telemetry/agent-history.ts';
import type { TargetInfo, TracerEvent, TracerOptions } from '../tracer/api.ts';
import type { Tracer as RealTracer } from '../tracer/tracer.ts';
import { VERSION } from '../version.ts';
import type { CommonOptions } from './arguments.ts';
import { createExport } from './create-export.ts';
import { logDiagnostics } from './diagnostics.ts';
import { exitCodeOf } from './exit-code.ts';
import { linesOf } from './messages.ts';
import { type OpenPage, openPageOf } from './open-page.ts';
import { SelfMetrics } from './self-metrics.ts';
import type { Stop } from './stop.ts';
import { exportSummaryOf, formatSummary, summaryOf } from './summary.ts';
import type { Terminal } from './terminal.ts';

/** What the commands use of a tracer. */
export type Tracer = Pick<
  RealTracer,
  | 'attachPid'
  | 'attachCommand'
  | 'followExecutables'
  | 'stats'
  | 'currentStats'
  | 'callCounts'
  | 'countCalls'
  | 'close'
>;

/** For all that is still under way when the tracer has been closed. */
const DRAIN_DEADLINE_MS = 5_000;

/** What a command gets from `main`. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly env: NodeJS.ProcessEnv;
  readonly stop: Stop;
  readonly openTracer: (options: TracerOptions) => Promise<Tracer>;
  /** Print no traces unless the environment says so. */
  readonly isQuiet?: boolean;
  /** How deep to look if nothing else says so. */
  readonly level?: ProbeLevel | undefined;
  /** Keep the spans and show them on a page, if nothing else is said of it. */
  readonly hasUsualPage?: boolean;
  /** Print no summary. */
  readonly isWithoutSummary?: boolean;
  /** Told of each target that is attached, before any of its requests. */
  readonly onTarget?: (target: TargetInfo) => void;
  /** Told of each request whose time is known. */
  readonly onRequest?: TracerOptions['onRequest'];
}

/** Nobody has asked for a level that the kernel refuses to be looked at with: less deep is better than not at all. */
async function openAsDeep(
  { openTracer, level: usual, terminal }: CommandContext,
  asked: ProbeLevel | undefined,
  options: TracerOptions,
): Promise<Tracer> {
  try {
    return await openTracer({ ...options, level: asked ?? usual });
  } catch (error) {
    const isTooDeep = asked === undefined && usual !== undefined;
    if (!isTooDeep || !(error instanceof GoidspanError) || error.code !== 'kernel_refused') throw error;
    terminal.say(`${error.message}: requests are looked at less deep than at level ${usual}`);
    return openTracer(options);
  }
}

/** Where it goes. */
interface Outlets {
  readonly sinks: readonly ExportSink[];
  readonly metrics: SelfMetrics | undefined;
  readonly page: OpenPage | undefined;
  readonly history: AgentHistory | undefined;
}

/** A running tracer with its exporters. */
export class Session {
  readonly tracer: Tracer;
  readonly #sinks: readonly ExportSink[];
  readonly #metrics: SelfMetrics | undefined;
  readonly #page: OpenPage | undefined;
  readonly #history: AgentHistory | undefined;
  readonly #options: CommonOptions;
  readonly #terminal: Terminal;
  readonly #isWithoutSummary: boolean;
  readonly #state: SessionState;
  readonly #startedAt = new Date();

  /** @throws {GoidspanError} of the exporters or of the tracer; nothing is left open then. */
  static async open(options: CommonOptions, context: CommandContext): Promise<Session> {
    const { terminal, env } = context;
    const report = (message: string): void => terminal.say(message);
    let metrics: SelfMetrics | undefined;
    const onEvent = (event: ExportEvent): void => metrics?.onEvent(event);
    const others = await openSinks(options, context, onEvent);
    const state = new SessionState();
    let page: OpenPage | undefined;
    let history: AgentHistory | undefined;
    let tracer: Tracer | undefined;
    let sinks = others;
    try {
      page = await openPageOf(options.page, context.hasUsualPage ?? false, env, { report, onEvent });
      if (page) sinks = [...others, page.sink];
      const debug = options.isVerbose ? report : () => {};
      metrics = await SelfMetrics.open(env, { report, debug });
      const level = options.level ?? levelVariable(env, report);
      const sampler = samplerOf(env, report);
      const keep = options.keep ?? keepVariable(env, report);
      history = page && new AgentHistory({ stats: () => tracer?.currentStats(), sampler, keep });
      page?.backend.tellOf(() => history?.state());
      tracer = await openAsDeep(context, level, {
        processors: sinks,
        // The session shuts them down right after the tracer, within one deadline instead of two.
        flushesProcessors: false,
        sampler,
        ...(options.serviceName !== undefined && { serviceName: options.serviceName }),
        sdk: options.sdk ?? sdkVariable(env, report),
        telemetryExports: options.telemetryExports,
        dbStatement: options.dbStatement,
        grpcHealth: options.grpcHealth,
        waits: options.waits,
        waitMinMillis: options.waitMinMillis,
        slowMillis: options.slowMillis,
        routes: options.routes ?? routesVariable(env, report),
        budget: options.budget,
        raise: options.raise ?? raiseVariable(env, report),
        profileHz: options.profileHz,
        keep,
        onRequest: context.onRequest,
        onWorldStop: (stop, target) => metrics?.onWorldStop(stop, target),
        onEvent: (event) => {
          state.follow(event);
          history?.follow(event);
          if (event.kind === 'attached') context.onTarget?.(event.target);
          for (const line of linesOf(event, options.isVerbose)) terminal.say(line);
        },
      });
      metrics?.begin(tracer, sinks);
      return new Session(tracer, { sinks, metrics, page, history }, options, context, state);
    } catch (error) {
      history?.close();
      for (const sink of sinks) await sink.shutdown();
      await page?.backend.close();
      await metrics?.shutdown(0);
      throw error;
    }
  }

  private constructor(
    tracer: Tracer,
    { sinks, metrics, page, history }: Outlets,
    options: CommonOptions,
    { terminal, isWithoutSummary = false }: CommandContext,
    state: SessionState,
  ) {
    this.tracer = tracer;
    this.#sinks = sinks;
    this.#metrics = metrics;
    this.#page = page;
    this.#history = history;
    this.#options = options;
    this.#terminal = terminal;
    this.#isWithoutSummary = isWithoutSummary;
    this.#state = state;
  }

  /** Has anything ever been attached? */
  get hasAttached(): boolean {
    return this.#state.attachedCount > 0;
  }

  /** Resolves when the last attached target has ended; at once when there is none. */
  allEnded(): Promise<void> {
    return this.#state.allEnded();
  }

  say(message: string): void {
    this.#terminal.say(message);
  }

  /** Does the work, and finishes in any case; rejects as the work does. */
  async during(work: () => Promise<void>): Promise<number> {
    try {
      await work();
    } catch (error) {
      await this.finish();
      throw error;
    }
    return this.finish();
  }

  /** Detaches, drains, summarises. Resolves with the exit code; never rejects. */
  async finish(commandExitCode?: number): Promise<number> {
    let hasFailed = false;
    const attempt = async <T>(step: () => Promise<T>): Promise<T | undefined> => {
      try {
        return await step();
      } catch (error) {
        hasFailed = true;
        this.say(error instanceof Error ? error.message : String(error));
        return undefined;
      }
    };
    const stats = await attempt(() => this.tracer.close());
    const endsAt = performance.now() + DRAIN_DEADLINE_MS;
    await Promise.all(this.#sinks.map((sink) => sink.shutdown()));
    await this.#metrics?.shutdown(endsAt - performance.now());
    this.#history?.close();
    await this.#page?.backend.close();
    const exports = this.#sinks.map(exportSummaryOf);
    if (stats) {
      const about = { version: VERSION, startedAt: this.#startedAt, endedAt: new Date() };
      const summary = summaryOf(stats, exports, about);
      if (this.hasAttached && !this.#isWithoutSummary) this.#terminal.writeError(formatSummary(summary));
      const file = this.#options.summaryFile;
      if (file !== undefined)
        await attempt(() => writeSummary(file, `${JSON.stringify(summary, null, 2)}\n`));
    }
    const [first] = exports;
    const hasExportedNothing = first !== undefined && first.handed > 0 && first.exported === 0;
    return exitCodeOf({
      ...(commandExitCode !== undefined && { commandExitCode }),
      hasAttached: this.hasAttached,
      hasExportedNothing,
      hasFailed,
    });
  }
}

/**
 * The exporters that options and environment name; the summary's file is tried as well. `onEvent` is told of the one by OTLP.
 * @throws {GoidspanError} `bad_endpoint`, `cannot_write`.
 */
export async function openSinks(
  options: Pick<CommonOptions, 'outFile' | 'summaryFile'>,
  { terminal, env, isQuiet = false }: Pick<CommandContext, 'terminal' | 'env' | 'isQuiet'>,
  onEvent: (event: ExportEvent) => void = () => {},
): Promise<readonly ExportSink[]> {
  logDiagnostics(env, terminal);
  if (options.summaryFile !== undefined) await writeSummary(options.summaryFile, '');
  return createExport(
    {
      outFile: options.outFile,
      terminal: {
        write: (text) => terminal.writeOut(text),
        style: { paint: paintOf(useColor(terminal.isStdoutTerminal, env)), useUnicode: useUnicode(env) },
      },
      isQuiet,
      report: (message) => terminal.say(message),
      onEvent,
    },
    env,
  );
}

/** Which targets there were and which there still are. */
class SessionState {
  attachedCount = 0;
  readonly #running = new Set<number>();
  #waiting: (() => void)[] = [];

  follow(event: TracerEvent): void {
    if (event.kind === 'attached') {
      this.attachedCount++;
      this.#running.add(event.target.targetId);
    }
    if (event.kind === 'ended') {
      this.#running.delete(event.target.targetId);
      if (this.#running.size === 0) for (const resolve of this.#waiting.splice(0)) resolve();
    }
  }

  allEnded(): Promise<void> {
    if (this.#running.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** @throws {GoidspanError} `cannot_write`. */
export async function writeSummary(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    throw new GoidspanError(
      'cannot_write',
      `cannot write ${path}: ${(error as Error).message} (${remedyOf((error as Error).message, 'choose another --summary')})`,
      { cause: error },
    );
  }
}

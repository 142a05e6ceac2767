/** `goidspan top`: what the requests of running programs spend their time on, as it happens. */
import { paintOf } from '../export/terminal/style.ts';
import { useColor } from '../export/terminal/use-color.ts';
import { RequestWindow } from '../verdict/request-window.ts';
import type { CommonOptions, Invocation } from './arguments.ts';
import { attachTargets, untilOver } from './attach-command.ts';
import { type CommandContext, Session } from './session.ts';
import type { Terminal } from './terminal.ts';
import { formatTop, screenLines, type TopView } from './top-text.ts';

type Top = Extract<Invocation, { kind: 'top' }>;

const DRAW_MS = 1_000;

/** Runs until the targets have ended or a reason to stop comes. Resolves with the exit code. */
export async function topCommand(top: Top, context: CommandContext): Promise<number> {
  const { stop } = context;
  const said = new Said(context.terminal);
  const window = new RequestWindow(top.windowSeconds * 1_000);
  const services = new Map<number, string>();
  const session = await Session.open(commonOf(top), {
    ...context,
    terminal: said,
    env: environmentOf(context.env),
    isQuiet: true,
    isWithoutSummary: true,
    onTarget: ({ targetId, serviceName }) => services.set(targetId, serviceName),
    onRequest: (request) => {
      const service = services.get(request.targetId) ?? 'unknown';
      window.add(performance.now(), service, request.route, request);
    },
  });
  if (top.durationSeconds !== undefined) stop.after(top.durationSeconds);
  try {
    return await session.during(async () => {
      await attachTargets(session, top);
      const startedAt = performance.now();
      const view = (): TopView => {
        const now = performance.now();
        return {
          routes: window.reports(now),
          beyond: window.beyond(now),
          seconds: Math.min(top.windowSeconds, (now - startedAt) / 1_000),
          lost: session.tracer.currentStats().lost.total,
          message: said.last,
        };
      };
      const end = session.hasAttached || top.globs.length > 0 ? begin(top, context, said, view) : () => {};
      await untilOver(session, top, stop).finally(end);
    });
  } finally {
    said.release();
  }
}

/** Shows the view from now on, as long as nobody ends that. */
function begin(top: Top, context: CommandContext, said: Said, view: () => TopView): () => void {
  return context.terminal.openScreen ? drawOn(context, said, view) : writeFor(top, context.terminal, view);
}

function drawOn({ terminal, env, stop }: CommandContext, said: Said, view: () => TopView): () => void {
  const paint = paintOf(useColor(terminal.isStdoutTerminal, env));
  const draw = (): void => screen?.draw(screenLines(view(), screen.size, paint));
  said.hold();
  const screen = terminal.openScreen?.({ onQuit: () => stop.now('SIGINT'), onResize: () => draw() });
  draw();
  const timer = setInterval(draw, DRAW_MS);
  return () => {
    clearInterval(timer);
    screen?.close();
    said.release();
  };
}

/** The last table is that of what the one before has not shown. */
function writeFor({ intervalSeconds }: Top, terminal: Terminal, view: () => TopView): () => void {
  let isWritten = false;
  const write = (): void => {
    terminal.writeOut(formatTop(view(), new Date()));
    isWritten = true;
  };
  const timer = setInterval(write, intervalSeconds * 1_000);
  const newer = setInterval(() => {
    isWritten = false;
  }, DRAW_MS);
  return () => {
    clearInterval(timer);
    clearInterval(newer);
    if (!isWritten) write();
  };
}

/** What is said while the screen is drawn on is kept until it is left. */
class Said implements Terminal {
  readonly isStdoutTerminal: boolean;
  readonly #terminal: Terminal;
  #held: string[] | undefined;
  last: string | undefined;

  constructor(terminal: Terminal) {
    this.isStdoutTerminal = terminal.isStdoutTerminal;
    this.#terminal = terminal;
  }

  writeOut(text: string): void {
    this.#terminal.writeOut(text);
  }

  writeError(text: string): void {
    this.#terminal.writeError(text);
  }

  say(message: string): void {
    if (this.#held) {
      this.#held.push(message);
      this.last = message;
    } else {
      this.#terminal.say(message);
    }
  }

  hold(): void {
    this.#held ??= [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const message of held) this.#terminal.say(message);
  }
}

/** Every request counts, and nothing leaves. */
function environmentOf(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const others = Object.entries(env).filter(([name]) => !/^(OTEL_|GOIDSPAN_KEEP$)/.test(name));
  return { ...Object.fromEntries(others), OTEL_TRACES_SAMPLER: 'always_on' };
}

const commonOf = ({ level, serviceName, routes }: Top): CommonOptions => ({
  outFile: undefined,
  durationSeconds: undefined,
  summaryFile: undefined,
  serviceName,
  level,
  raise: 'none',
  sdk: undefined,
  telemetryExports: false,
  dbStatement: undefined,
  grpcHealth: false,
  // No wait is told by itself.
  waits: 'attributes',
  waitMinMillis: undefined,
  slowMillis: undefined,
  routes,
  profileHz: undefined,
  keep: undefined,
  page: undefined,
  // What it shows is what is looked at as deep.
  budget: undefined,
  isVerbose: false,
});

/** The command line as data. Pure: reads nothing, prints nothing. */
import { resolve } from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { ATTACH_HELP, HELP, RUN_HELP } from './help.ts';

/** Options of both commands. */
export interface CommonOptions {
  readonly outFile: string | undefined;
  readonly durationSeconds: number | undefined;
  readonly summaryFile: string | undefined;
  readonly serviceName: string | undefined;
  readonly isVerbose: boolean;
}

/** What the user wants. */
export type Invocation =
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'version' }
  | { readonly kind: 'run'; readonly common: CommonOptions; readonly command: readonly [string, ...string[]] }
  | {
      readonly kind: 'attach';
      readonly common: CommonOptions;
      readonly pids: readonly number[];
      readonly globs: readonly string[];
    };

/** The command line cannot be understood; the message says why and where to read on. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const COMMON = {
  out: { type: 'string' },
  duration: { type: 'string' },
  summary: { type: 'string' },
  'service-name': { type: 'string' },
  verbose: { type: 'boolean', short: 'v' },
  version: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies ParseArgsConfig['options'];

const ATTACH = {
  ...COMMON,
  pid: { type: 'string', multiple: true },
  exe: { type: 'string', multiple: true },
} as const satisfies ParseArgsConfig['options'];

/** A timer holds 2^31 ms: 24 days. */
const MAX_DURATION_SECONDS = 2_000_000;
/** The highest pid that Linux can be configured to give (PID_MAX_LIMIT). */
const MAX_PID = 4_194_304;

/**
 * Parses the arguments after the program's name.
 * @throws {UsageError} for everything that is not exactly as the help says.
 */
export function parseArguments(args: readonly string[]): Invocation {
  const [command, ...rest] = args;
  switch (command) {
    case 'run':
      return parseRun(rest);
    case 'attach':
      return parseAttach(rest);
    case '--help':
    case '-h':
    case 'help':
      return { kind: 'help', text: HELP };
    case '--version':
      return { kind: 'version' };
    case undefined:
      throw new UsageError('a command is missing: run or attach (see goidspan --help)');
    default:
      throw new UsageError(
        `unknown ${command.startsWith('-') ? 'option' : 'command'} ${command} (see goidspan --help)`,
      );
  }
}

function parseRun(args: readonly string[]): Invocation {
  const separator = args.indexOf('--');
  const ours = separator === -1 ? args : args.slice(0, separator);
  const values = parse('run', ours, COMMON);
  if (values.help) return { kind: 'help', text: RUN_HELP };
  if (values.version) return { kind: 'version' };
  const [name, ...rest] = separator === -1 ? [] : args.slice(separator + 1);
  if (!name) throw usage('run', 'a command is missing after --');
  return { kind: 'run', common: commonOf('run', values), command: [name, ...rest] };
}

function parseAttach(args: readonly string[]): Invocation {
  const values = parse('attach', args, ATTACH);
  if (values.help) return { kind: 'help', text: ATTACH_HELP };
  if (values.version) return { kind: 'version' };
  const pids = new Set((values.pid ?? []).map(pidOf));
  const globs = new Set((values.exe ?? []).map(globOf));
  if (pids.size + globs.size === 0) throw usage('attach', '--pid or --exe is missing');
  return { kind: 'attach', common: commonOf('attach', values), pids: [...pids], globs: [...globs] };
}

function parse<T extends NonNullable<ParseArgsConfig['options']>>(
  command: string,
  args: readonly string[],
  options: T,
) {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw usage(command, explain(error as Error & { code?: string }, args));
  }
}

/** Shorter than what `parseArgs` says, which goes on about positional arguments. */
function explain(error: Error & { code?: string }, args: readonly string[]): string {
  const named = /'([^']*)'/.exec(error.message)?.[1] ?? '';
  if (error.code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return `unknown option ${named}`;
  if (error.code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL') {
    return `unexpected argument ${named}${args.includes('--') ? '' : ' (a command goes after --)'}`;
  }
  const option = named.replace(/^-\w, /, '').replace(/ <value>$/, '');
  return error.message.includes('does not take an argument')
    ? `${option} takes no value`
    : `${option} needs a value`;
}

interface CommonValues {
  readonly out?: string | undefined;
  readonly duration?: string | undefined;
  readonly summary?: string | undefined;
  readonly 'service-name'?: string | undefined;
  readonly verbose?: boolean | undefined;
}

function commonOf(command: string, values: CommonValues): CommonOptions {
  for (const name of ['out', 'summary', 'service-name'] as const) {
    if (values[name] === '') throw usage(command, `--${name} needs a value`);
  }
  return {
    outFile: values.out,
    durationSeconds: values.duration === undefined ? undefined : durationOf(command, values.duration),
    summaryFile: values.summary,
    serviceName: values['service-name'],
    isVerbose: values.verbose ?? false,
  };
}

function durationOf(command: string, text: string): number {
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
  if (seconds > 0 && seconds <= MAX_DURATION_SECONDS) return seconds;
  throw usage(
    command,
    `--duration ${text}: not a number of seconds above 0 and up to ${MAX_DURATION_SECONDS}`,
  );
}

function pidOf(text: string): number {
  const pid = /^\d+$/.test(text) ? Number(text) : 0;
  if (pid >= 1 && pid <= MAX_PID) return pid;
  throw usage('attach', `--pid ${text}: not a process id from 1 to ${MAX_PID}`);
}

/** `server` means any path that ends in it, `./server` the one in this directory. */
function globOf(text: string): string {
  if (text === '') throw usage('attach', '--exe needs a value');
  if (!text.includes('/')) return `**/${text}`;
  return text.startsWith('/') || text.startsWith('**') ? text : resolve(text);
}

function usage(command: string, problem: string): UsageError {
  return new UsageError(`${problem} (see goidspan ${command} --help)`);
}

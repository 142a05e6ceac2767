/** How option values are read, and what is said of one that is not as the help says. Pure. */
import { resolve } from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { KEEP_FORM, type KeepRules, keepRulesOf } from '../export/keep-rules.ts';
import { plainUrlOf } from '../page-api/plain-url.ts';
import { isLevel, LEVELS, type ProbeLevel } from '../probes/hook.ts';
import { ROUTE_PATTERN_FORM, routePatternsFault } from '../span/route-pattern.ts';
import { isStatementForm, type StatementForm, statementForms } from '../span/statement-form.ts';
import { isWaitForm, type WaitForm, waitForms } from '../span/wait-form.ts';
import { PROFILE_HZ_MAX } from '../tracer/api.ts';

/** The command line cannot be understood; the message says why and where to read on. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Of every command. */
export const GENERAL = {
  version: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies ParseArgsConfig['options'];

/** A timer holds 2^31 ms: 24 days. */
const MAX_DURATION_SECONDS = 2_000_000;
/** The highest pid that Linux can be configured to give (PID_MAX_LIMIT). */
const MAX_PID = 4_194_304;

type Options = NonNullable<ParseArgsConfig['options']>;

/** The values of the options; throws {@link UsageError} for an argument that is no option. */
export function parseOptions<T extends Options>(command: string, args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw usage(command, explain(error as Error & { code?: string }, command, args));
  }
}

/** The options and the things that the command is about. */
export function parseOptionsAndWords<T extends Options>(
  command: string,
  args: readonly string[],
  options: T,
) {
  try {
    const parsed = parseArgs({ args: [...args], options, strict: true, allowPositionals: true });
    return { values: parsed.values, words: parsed.positionals.filter((word) => word !== '') };
  } catch (error) {
    throw usage(command, explain(error as Error & { code?: string }, command, args));
  }
}

/** … and the one thing, named `what`; it may be absent. */
export function parseOptionsAndOne<T extends Options>(
  command: string,
  args: readonly string[],
  options: T,
  what: string,
) {
  const { values, words } = parseOptionsAndWords(command, args, options);
  const [one, another] = words;
  if (another !== undefined) throw usage(command, `unexpected argument ${another} (one ${what} at a time)`);
  return { values, one };
}

/** Shorter than what `parseArgs` says, which goes on about positional arguments. */
function explain(error: Error & { code?: string }, command: string, args: readonly string[]): string {
  const named = /'([^']*)'/.exec(error.message)?.[1] ?? '';
  if (error.code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return `unknown option ${named}`;
  if (error.code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL') {
    const mayHaveCommand = !['doctor', 'top', 'serve'].includes(command) && !args.includes('--');
    return `unexpected argument ${named}${mayHaveCommand ? ' (a command goes after --)' : ''}`;
  }
  const option = named.replace(/^-\w, /, '').replace(/ <value>$/, '');
  return error.message.includes('does not take an argument')
    ? `${option} takes no value`
    : `${option} needs a value`;
}

export function secondsOf(command: string, option: string, text: string): number {
  const seconds = /^\d+(\.\d+)?s?$/.test(text) ? Number(text.replace('s', '')) : 0;
  if (seconds > 0 && seconds <= MAX_DURATION_SECONDS) return seconds;
  throw usage(
    command,
    `--${option} ${text}: not a number of seconds above 0 and up to ${MAX_DURATION_SECONDS}`,
  );
}

/** 0: any that is free. */
export function portOf(command: string, option: string, text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : -1;
  if (port >= 0 && port <= 65_535) return port;
  throw usage(command, `--${option} ${text}: not a port from 0 to 65535`);
}

const BYTE_UNITS = {
  '': 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  ki: 2 ** 10,
  mi: 2 ** 20,
  gi: 2 ** 30,
  ti: 2 ** 40,
};
/** Less is full at once. */
const MIN_BYTES = 2 ** 20;

export function bytesOf(command: string, option: string, text: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s?([kmgt]i?)?b?$/i.exec(text) ?? [];
  const bytes = Math.floor(Number(number) * BYTE_UNITS[unit.toLowerCase() as keyof typeof BYTE_UNITS]);
  if (bytes >= MIN_BYTES && Number.isSafeInteger(bytes)) return bytes;
  throw usage(command, `--${option} ${text}: not an amount of 1 MiB and more, such as 500MB or 2GiB`);
}

const TIME_UNITS = { s: 1e3, m: 60e3, h: 3_600e3, d: 86_400e3 };

/** In milliseconds. */
export function spanOfTimeOf(command: string, option: string, text: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s?([smhd])$/i.exec(text) ?? [];
  const millis = Number(number) * TIME_UNITS[unit.toLowerCase() as keyof typeof TIME_UNITS];
  if (millis >= 60e3 && Number.isSafeInteger(Math.round(millis))) return Math.round(millis);
  throw usage(command, `--${option} ${text}: not a time of a minute and more, such as 30m, 24h or 7d`);
}

export function pidOf(command: string, text: string): number {
  const pid = /^\d+$/.test(text) ? Number(text) : 0;
  if (pid >= 1 && pid <= MAX_PID) return pid;
  throw usage(command, `--pid ${text}: not a process id from 1 to ${MAX_PID}`);
}

export function statementFormOf(command: string, text: string): StatementForm {
  if (isStatementForm(text)) return text;
  throw usage(command, `--db-statement ${text}: not one of ${statementForms.join(', ')}`);
}

export function levelOf(command: string, text: string): ProbeLevel {
  if (isLevel(text)) return text;
  throw usage(command, `--level ${text}: not one of ${LEVELS.join(', ')}`);
}

export function waitFormOf(command: string, text: string): WaitForm {
  if (isWaitForm(text)) return text;
  throw usage(command, `--waits ${text}: not one of ${waitForms.join(', ')}`);
}

/** Undefined: none. */
export function routesOf(
  command: string,
  texts: readonly string[] | undefined,
): readonly string[] | undefined {
  const fault = texts && routePatternsFault(texts);
  if (fault === undefined) return texts;
  throw usage(command, `--route ${fault}; a pattern is ${ROUTE_PATTERN_FORM}`);
}

export function keepOf(command: string, text: string): KeepRules {
  const rules = keepRulesOf(text);
  if (rules) return rules;
  throw usage(command, `--keep ${text}: not ${KEEP_FORM}`);
}

export function millisOf(command: string, option: string, text: string): number {
  const millis = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
  if (millis > 0 && millis <= MAX_DURATION_SECONDS) return millis;
  throw usage(
    command,
    `--${option} ${text}: not a number of milliseconds above 0 and up to ${MAX_DURATION_SECONDS}`,
  );
}

export function hzOf(command: string, option: string, text: string): number {
  const hz = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
  if (hz > 0 && hz <= PROFILE_HZ_MAX) return hz;
  throw usage(command, `--${option} ${text}: not a number above 0 and up to ${PROFILE_HZ_MAX}`);
}

/** Of a trace (32 digits) or a span (16). */
export function idOf(command: string, option: string, text: string, digits: number): string {
  if (text.length === digits && /^[0-9a-f]+$/i.test(text)) return text.toLowerCase();
  throw usage(command, `--${option} ${text}: not ${digits} hexadecimal digits`);
}

export function oneOf<T extends string>(
  command: string,
  option: string,
  text: string,
  known: readonly T[],
): T {
  const found = known.find((name) => name === text);
  if (found !== undefined) return found;
  throw usage(command, `--${option} ${text}: not one of ${known.join(', ')}`);
}

const GO_PROFILE_PATH = '/debug/pprof/profile';

/** `localhost:6060` means the place where `net/http/pprof` serves it. */
export function goProfileUrlOf(command: string, text: string): URL {
  const whole = /^https?:\/\//i.test(text) ? text : `http://${text}`;
  if (text === '' || !URL.canParse(whole))
    throw usage(command, `--go-profile ${text}: not an http or https URL, or host:port`);
  const url = new URL(whole);
  if (url.pathname === '/') url.pathname = GO_PROFILE_PATH;
  return url;
}

/** Undefined: none. */
export function budgetOf(command: string, text: string): number | undefined {
  if (text === 'none') return undefined;
  const [, number] = /^(\d+(?:\.\d+)?) ?%$/.exec(text) ?? [];
  const percent = Number(number);
  if (percent > 0 && percent <= 100) return percent / 100;
  throw usage(command, `--budget ${text}: not a part of the processors such as 2%, nor none`);
}

export function urlOf(command: string, option: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) return url;
  throw usage(command, `--${option} ${text}: not an http:// or https:// URL`);
}

/** Where a Jaeger is: with a path if it is below one, and nothing else. Without a slash at its end. */
export function jaegerUrlOf(command: string, option: string, text: string): string {
  const url = plainUrlOf(urlOf(command, option, text).href);
  if (url === undefined)
    throw usage(command, `--${option} ${text}: a URL without user, query and fragment is needed`);
  return url;
}

/** `server` means any path that ends in it, `./server` the one in this directory. */
export function globOf(command: string, text: string): string {
  if (text === '') throw usage(command, '--exe needs a value');
  if (!text.includes('/')) return `**/${text}`;
  return text.startsWith('/') || text.startsWith('**') ? text : resolve(text);
}

export function usage(command: string, problem: string): UsageError {
  return new UsageError(`${problem} (see goidspan ${command} --help)`);
}

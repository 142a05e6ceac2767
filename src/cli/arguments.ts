/** The command line as data. Pure: reads nothing, prints nothing. */
import type { ParseArgsConfig } from 'node:util';
import type { KeepRules } from '../export/keep-rules.ts';
import type { ProbeLevel } from '../probes/hook.ts';
import { RAISES, type Raise } from '../probes/raise.ts';
import { SDK_MODES, type SdkMode } from '../probes/sdk-mode.ts';
import type { ProfileFilter } from '../profile/profile-of.ts';
import type { StatementForm } from '../span/statement-form.ts';
import type { WaitForm } from '../span/wait-form.ts';
import { DEFAULT_BUDGET } from '../tracer/api.ts';
import {
  ADVISE_HELP,
  ATTACH_HELP,
  DIFF_HELP,
  DOCTOR_HELP,
  HELP,
  INSPECT_HELP,
  JAEGER_UI_CONFIG_HELP,
  OPEN_HELP,
  PROFILE_HELP,
  RECORD_HELP,
  REPLAY_HELP,
  REPORT_HELP,
  RUN_HELP,
  SERVE_HELP,
  TOP_HELP,
} from './help.ts';
import {
  budgetOf,
  GENERAL,
  globOf,
  goProfileUrlOf,
  hzOf,
  idOf,
  keepOf,
  levelOf,
  millisOf,
  oneOf,
  parseOptions,
  parseOptionsAndOne,
  parseOptionsAndWords,
  pidOf,
  routesOf,
  secondsOf,
  statementFormOf,
  UsageError,
  urlOf,
  usage,
  waitFormOf,
} from './option-values.ts';
import {
  type JaegerUiConfig,
  type OpenInvocation,
  PAGE,
  type PageOptions,
  pageOptionsOf,
  parseJaegerUiConfig,
  parseOpen,
  parseServe,
  type Serve,
} from './page-arguments.ts';

/** Options of all commands that make spans. */
export interface CommonOptions {
  readonly outFile: string | undefined;
  readonly durationSeconds: number | undefined;
  readonly summaryFile: string | undefined;
  readonly serviceName: string | undefined;
  readonly level: ProbeLevel | undefined;
  readonly raise: Raise | undefined;
  readonly sdk: SdkMode | undefined;
  readonly telemetryExports: boolean;
  readonly dbStatement: StatementForm | undefined;
  readonly grpcHealth: boolean;
  readonly waits: WaitForm | undefined;
  readonly waitMinMillis: number | undefined;
  readonly slowMillis: number | undefined;
  readonly routes: readonly string[] | undefined;
  readonly profileHz: number | undefined;
  readonly keep: KeepRules | undefined;
  /** Keep the spans, and show them. */
  readonly page: PageOptions | undefined;
  /** What probes may take of the processors; undefined: as much as they do. */
  readonly budget: number | undefined;
  readonly isVerbose: boolean;
}

/** A command to be started. */
interface Run {
  readonly kind: 'run';
  readonly common: CommonOptions;
  readonly command: readonly [string, ...string[]];
}

/** Processes that run already or will. */
interface Attach {
  readonly kind: 'attach';
  readonly common: CommonOptions;
  readonly pids: readonly number[];
  readonly globs: readonly string[];
  /** Of the globs: only in our own network namespace. */
  readonly sameNetwork?: boolean;
}

/** What requests spend their time on, as it happens. */
interface Top {
  readonly kind: 'top';
  readonly pids: readonly number[];
  readonly globs: readonly string[];
  readonly level: ProbeLevel;
  readonly serviceName: string | undefined;
  readonly routes: readonly string[] | undefined;
  readonly windowSeconds: number;
  /** Where there is no terminal to draw on: a table so often. */
  readonly intervalSeconds: number;
  readonly durationSeconds: number | undefined;
}

/** What was seen of the code of processes, or what a recording holds of it. */
export interface ProfileInvocation {
  readonly kind: 'profile';
  readonly of: Attach | { readonly kind: 'recording'; readonly file: string };
  readonly filter: ProfileFilter;
  readonly format: ProfileFormat;
  /** What of it the table tells, and folded stacks. */
  readonly value: ProfileValue;
  /** `-`: stdout. */
  readonly output: string | undefined;
  /** Where the program serves a profile of its own. */
  readonly goProfile: URL | undefined;
}

export const PROFILE_FORMATS = ['pprof', 'speedscope', 'folded', 'chrome'] as const;
export type ProfileFormat = (typeof PROFILE_FORMATS)[number];
export const PROFILE_VALUES = ['cpu', 'wait'] as const;
export type ProfileValue = (typeof PROFILE_VALUES)[number];

/** A process to be measured. */
interface Advise {
  readonly kind: 'advise';
  readonly pid: number;
  readonly durationSeconds: number;
  /** Where the program takes what it is advised. */
  readonly applyTo: URL | undefined;
  readonly asJson: boolean;
}

/** How requests of a recording are told apart, and the form in which it is told. */
interface Reporting {
  readonly routes: readonly string[] | undefined;
  readonly asJson: boolean;
}

/** What the user wants. */
export type Invocation =
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'version' }
  | Run
  | Attach
  | { readonly kind: 'record'; readonly file: string; readonly of: Run | Attach }
  | { readonly kind: 'replay'; readonly file: string; readonly common: CommonOptions }
  | (Reporting & { readonly kind: 'report'; readonly file: string })
  | (Reporting & { readonly kind: 'diff'; readonly before: string; readonly after: string })
  | Top
  | Serve
  | OpenInvocation
  | JaegerUiConfig
  | ProfileInvocation
  | Advise
  | { readonly kind: 'inspect'; readonly program: string | number; readonly asJson: boolean }
  | { readonly kind: 'doctor'; readonly asJson: boolean };

const ROUTES = { route: { type: 'string', multiple: true } } as const satisfies ParseArgsConfig['options'];

const REPLAY = {
  ...GENERAL,
  ...ROUTES,
  out: { type: 'string' },
  summary: { type: 'string' },
  'db-statement': { type: 'string' },
  waits: { type: 'string' },
  slow: { type: 'string' },
  keep: { type: 'string' },
  verbose: { type: 'boolean', short: 'v' },
} as const satisfies ParseArgsConfig['options'];

const COMMON = {
  ...REPLAY,
  ...PAGE,
  duration: { type: 'string' },
  'service-name': { type: 'string' },
  level: { type: 'string' },
  raise: { type: 'string' },
  sdk: { type: 'string' },
  'telemetry-exports': { type: 'boolean' },
  'wait-min': { type: 'string' },
  'grpc-health': { type: 'boolean' },
  budget: { type: 'string' },
  'profile-hz': { type: 'string' },
} as const satisfies ParseArgsConfig['options'];

const TARGETS = {
  pid: { type: 'string', multiple: true },
  exe: { type: 'string', multiple: true },
} as const satisfies ParseArgsConfig['options'];

const TOP = {
  ...GENERAL,
  ...ROUTES,
  ...TARGETS,
  window: { type: 'string' },
  interval: { type: 'string' },
  duration: { type: 'string' },
  'service-name': { type: 'string' },
  level: { type: 'string' },
} as const satisfies ParseArgsConfig['options'];

const PROFILE = {
  ...GENERAL,
  ...TARGETS,
  duration: { type: 'string' },
  hz: { type: 'string' },
  route: { type: 'string' },
  trace: { type: 'string' },
  span: { type: 'string' },
  format: { type: 'string' },
  value: { type: 'string' },
  output: { type: 'string', short: 'o' },
  'go-profile': { type: 'string' },
  'wait-min': { type: 'string' },
  'service-name': { type: 'string' },
  verbose: { type: 'boolean', short: 'v' },
} as const satisfies ParseArgsConfig['options'];

const RECORDING = { recording: { type: 'string', short: 'o' } } as const satisfies ParseArgsConfig['options'];
const JSON_OPTION = { json: { type: 'boolean' } } as const satisfies ParseArgsConfig['options'];
const REPORT = { ...GENERAL, ...ROUTES, ...JSON_OPTION } as const satisfies ParseArgsConfig['options'];

const COMMANDS =
  'run, attach, serve, top, record, replay, open, report, diff, profile, advise, inspect, jaeger-ui-config or doctor';

/** What requests wait for; deeper levels tell nothing more of that. */
const TOP_LEVEL: ProbeLevel = 'runtime';
const TOP_WINDOW_SECONDS = 60;
/** How long a program is measured. */
const ADVISE_SECONDS = 30;

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
    case 'serve':
      return parsed(parseServe(rest), SERVE_HELP);
    case 'open':
      return parsed(parseOpen(rest), OPEN_HELP);
    case 'jaeger-ui-config':
      return parsed(parseJaegerUiConfig(rest), JAEGER_UI_CONFIG_HELP);
    case 'top':
      return parseTop(rest);
    case 'record':
      return parseRecord(rest);
    case 'replay':
      return parseReplay(rest);
    case 'report':
      return parseReport(rest);
    case 'diff':
      return parseDiff(rest);
    case 'profile':
      return parseProfile(rest);
    case 'advise':
      return parseAdvise(rest);
    case 'inspect':
      return parseInspect(rest);
    case 'doctor':
      return parseDoctor(rest);
    case '--help':
    case '-h':
    case 'help':
      return { kind: 'help', text: HELP };
    case '--version':
      return { kind: 'version' };
    case undefined:
      throw new UsageError(`a command is missing: ${COMMANDS} (see goidspan --help)`);
    default:
      throw new UsageError(
        `unknown ${command.startsWith('-') ? 'option' : 'command'} ${command} (see goidspan --help)`,
      );
  }
}

function parseRun(args: readonly string[]): Invocation {
  const { ours, command } = splitCommand(args);
  const values = parseOptions('run', ours, COMMON);
  const general = generalOf(values, RUN_HELP);
  if (general) return general;
  return { kind: 'run', common: commonOf('run', values), command: commandOf('run', command) };
}

function parseAttach(args: readonly string[]): Invocation {
  const values = parseOptions('attach', args, { ...COMMON, ...TARGETS, 'same-network': { type: 'boolean' } });
  const general = generalOf(values, ATTACH_HELP);
  if (general) return general;
  const targets = targetsOf('attach', values);
  if (!targets) throw usage('attach', '--pid or --exe is missing');
  const sameNetwork = values['same-network'] === true;
  if (sameNetwork && targets.globs.length === 0)
    throw usage('attach', '--same-network is of --exe, which is missing');
  return {
    kind: 'attach',
    common: commonOf('attach', values),
    ...targets,
    ...(sameNetwork && { sameNetwork: true }),
  };
}

function parseTop(args: readonly string[]): Invocation {
  const values = parseOptions('top', args, TOP);
  const general = generalOf(values, TOP_HELP);
  if (general) return general;
  const targets = targetsOf('top', values);
  if (!targets) throw usage('top', '--pid or --exe is missing');
  const seconds = (option: 'window' | 'interval' | 'duration'): number | undefined =>
    values[option] === undefined ? undefined : secondsOf('top', option, values[option]);
  const level = values.level === undefined ? TOP_LEVEL : levelOf('top', values.level);
  if (level === 'spans') throw usage('top', '--level spans: it does not tell what requests wait for');
  if (values['service-name'] === '') throw usage('top', '--service-name needs a value');
  const windowSeconds = seconds('window') ?? TOP_WINDOW_SECONDS;
  return {
    kind: 'top',
    ...targets,
    level,
    serviceName: values['service-name'],
    routes: routesOf('top', values.route),
    windowSeconds,
    intervalSeconds: seconds('interval') ?? windowSeconds,
    durationSeconds: seconds('duration'),
  };
}

function parseRecord(args: readonly string[]): Invocation {
  const { ours, command } = splitCommand(args);
  const values = parseOptions('record', ours, { ...COMMON, ...TARGETS, ...RECORDING });
  const general = generalOf(values, RECORD_HELP);
  if (general) return general;
  if (!values.recording) throw usage('record', '-o FILE is missing');
  const common = commonOf('record', values);
  const targets = targetsOf('record', values);
  if (targets && command) throw usage('record', 'either --pid and --exe or a command, not both');
  if (targets) return { kind: 'record', file: values.recording, of: { kind: 'attach', common, ...targets } };
  if (!command) throw usage('record', '--pid, --exe or a command after -- is missing');
  const of: Run = { kind: 'run', common, command: commandOf('record', command) };
  return { kind: 'record', file: values.recording, of };
}

function parseReplay(args: readonly string[]): Invocation {
  const { values, one } = parseOptionsAndOne('replay', args, REPLAY, 'recording');
  const general = generalOf(values, REPLAY_HELP);
  if (general) return general;
  if (one === undefined) throw usage('replay', 'the recording is missing');
  return { kind: 'replay', file: one, common: commonOf('replay', values) };
}

function parseReport(args: readonly string[]): Invocation {
  const { values, one } = parseOptionsAndOne('report', args, REPORT, 'recording');
  const general = generalOf(values, REPORT_HELP);
  if (general) return general;
  if (one === undefined) throw usage('report', 'the recording is missing');
  return { kind: 'report', file: one, ...reportingOf('report', values) };
}

function parseDiff(args: readonly string[]): Invocation {
  const { values, words } = parseOptionsAndWords('diff', args, REPORT);
  const general = generalOf(values, DIFF_HELP);
  if (general) return general;
  const [before, after, ...more] = words;
  if (before === undefined || after === undefined || more.length > 0) {
    throw usage('diff', 'name two recordings, the earlier one first');
  }
  return { kind: 'diff', before, after, ...reportingOf('diff', values) };
}

function reportingOf(command: string, { route, json }: { route?: string[]; json?: boolean }): Reporting {
  return { routes: routesOf(command, route), asJson: json ?? false };
}

function parseProfile(args: readonly string[]): Invocation {
  const { values, one } = parseOptionsAndOne('profile', args, PROFILE, 'recording');
  const general = generalOf(values, PROFILE_HELP);
  if (general) return general;
  const of = profiledOf(values, one);
  const { route, trace, span, format = 'pprof', value = 'cpu', output } = values;
  const goProfile = values['go-profile'];
  const empty = (['route', 'output'] as const).find((name) => values[name] === '');
  if (empty !== undefined) throw usage('profile', `--${empty} needs a value`);
  if (goProfile !== undefined && (of.kind === 'recording' || of.pids.length !== 1 || of.globs.length > 0))
    throw usage('profile', '--go-profile goes with one --pid, and nothing else to profile');
  return {
    kind: 'profile',
    of,
    filter: {
      route,
      traceId: trace === undefined ? undefined : idOf('profile', 'trace', trace, 32),
      spanId: span === undefined ? undefined : idOf('profile', 'span', span, 16),
    },
    format: oneOf('profile', 'format', format, PROFILE_FORMATS),
    value: oneOf('profile', 'value', value, PROFILE_VALUES),
    output,
    goProfile: goProfile === undefined ? undefined : goProfileUrlOf('profile', goProfile),
  };
}

type ProfileValues = Omit<CommonValues, 'route'> &
  TargetValues &
  Readonly<Partial<Record<'hz' | 'route' | 'trace' | 'span', string | undefined>>>;

/** Of some requests there are fewer samples than of all: they are looked at more often. */
const CLOSE_UP_HZ = 499;

/** Processes, or a recording, of which nothing is left to be chosen. */
function profiledOf(values: ProfileValues, recording: string | undefined): ProfileInvocation['of'] {
  const targets = targetsOf('profile', values);
  if (recording === undefined) {
    if (!targets) throw usage('profile', '--pid, --exe or a recording is missing');
    const { hz, route, trace, span } = values;
    const isCloseUp = [route, trace, span].some((wanted) => wanted !== undefined);
    const common = commonOf('profile', { ...values, route: undefined, level: 'cpu', waits: 'spans' });
    const usualHz = isCloseUp ? CLOSE_UP_HZ : undefined;
    const profileHz = hz === undefined ? usualHz : hzOf('profile', 'hz', hz);
    return { kind: 'attach', common: { ...common, profileHz }, ...targets };
  }
  if (targets) throw usage('profile', 'either --pid and --exe or a recording, not both');
  const live = (['duration', 'hz', 'wait-min', 'service-name'] as const).find(
    (name) => values[name] !== undefined,
  );
  if (live !== undefined) throw usage('profile', `--${live} does not go with a recording`);
  return { kind: 'recording', file: recording };
}

function parseAdvise(args: readonly string[]): Invocation {
  const text = { type: 'string' } as const;
  const options = { ...GENERAL, ...JSON_OPTION, pid: text, duration: text, apply: text };
  const values = parseOptions('advise', args, options);
  const general = generalOf(values, ADVISE_HELP);
  if (general) return general;
  const { pid, duration, apply } = values;
  if (pid === undefined) throw usage('advise', '--pid is missing');
  return {
    kind: 'advise',
    pid: pidOf('advise', pid),
    durationSeconds: duration === undefined ? ADVISE_SECONDS : secondsOf('advise', 'duration', duration),
    applyTo: apply === undefined ? undefined : urlOf('advise', 'apply', apply),
    asJson: values.json ?? false,
  };
}

function parseInspect(args: readonly string[]): Invocation {
  const options = { ...GENERAL, ...JSON_OPTION, pid: { type: 'string' } } as const;
  const { values, one } = parseOptionsAndOne('inspect', args, options, 'program');
  const general = generalOf(values, INSPECT_HELP);
  if (general) return general;
  const asJson = values.json ?? false;
  if (values.pid === undefined) {
    if (one === undefined) throw usage('inspect', 'a program or --pid is missing');
    return { kind: 'inspect', program: one, asJson };
  }
  if (one !== undefined) throw usage('inspect', 'either a program or --pid, not both');
  return { kind: 'inspect', program: pidOf('inspect', values.pid), asJson };
}

function parseDoctor(args: readonly string[]): Invocation {
  const values = parseOptions('doctor', args, { ...GENERAL, ...JSON_OPTION });
  return generalOf(values, DOCTOR_HELP) ?? { kind: 'doctor', asJson: values.json ?? false };
}

function parsed(
  { values, wanted }: { values: { help?: boolean; version?: boolean }; wanted: () => Invocation },
  help: string,
): Invocation {
  return generalOf(values, help) ?? wanted();
}

function generalOf(values: { help?: boolean; version?: boolean }, help: string): Invocation | undefined {
  if (values.help) return { kind: 'help', text: help };
  return values.version ? { kind: 'version' } : undefined;
}

function splitCommand(args: readonly string[]): { ours: readonly string[]; command?: readonly string[] } {
  const separator = args.indexOf('--');
  return separator === -1
    ? { ours: args }
    : { ours: args.slice(0, separator), command: args.slice(separator + 1) };
}

function commandOf(kind: string, words: readonly string[] = []): [string, ...string[]] {
  const [name, ...rest] = words;
  if (!name) throw usage(kind, 'a command is missing after --');
  return [name, ...rest];
}

interface TargetValues {
  readonly pid?: string[] | undefined;
  readonly exe?: string[] | undefined;
}

function targetsOf(command: string, { pid = [], exe = [] }: TargetValues) {
  const pids = new Set(pid.map((text) => pidOf(command, text)));
  const globs = new Set(exe.map((text) => globOf(command, text)));
  return pids.size + globs.size === 0 ? undefined : { pids: [...pids], globs: [...globs] };
}

/** As `parseArgs` gives them. */
type CommonValues = {
  readonly [Name in Exclude<keyof typeof COMMON, 'route'>]?:
    | ((typeof COMMON)[Name]['type'] extends 'string' ? string : boolean)
    | undefined;
} & { readonly route?: readonly string[] | undefined };

const commonNames = Object.keys(COMMON) as (keyof typeof COMMON)[];

function commonOf(command: string, values: CommonValues): CommonOptions {
  const empty = commonNames.find((name) => values[name] === '');
  if (empty !== undefined) throw usage(command, `--${empty} needs a value`);
  const form = values['db-statement'];
  const waitMin = values['wait-min'];
  const hz = values['profile-hz'];
  return {
    outFile: values.out,
    durationSeconds:
      values.duration === undefined ? undefined : secondsOf(command, 'duration', values.duration),
    summaryFile: values.summary,
    serviceName: values['service-name'],
    level: values.level === undefined ? undefined : levelOf(command, values.level),
    raise: values.raise === undefined ? undefined : oneOf(command, 'raise', values.raise, RAISES),
    sdk: values.sdk === undefined ? undefined : oneOf(command, 'sdk', values.sdk, SDK_MODES),
    telemetryExports: values['telemetry-exports'] ?? false,
    dbStatement: form === undefined ? undefined : statementFormOf(command, form),
    waits: values.waits === undefined ? undefined : waitFormOf(command, values.waits),
    waitMinMillis: waitMin === undefined ? undefined : millisOf(command, 'wait-min', waitMin),
    slowMillis: values.slow === undefined ? undefined : millisOf(command, 'slow', values.slow),
    routes: routesOf(command, values.route),
    profileHz: hz === undefined ? undefined : hzOf(command, 'profile-hz', hz),
    keep: values.keep === undefined ? undefined : keepOf(command, values.keep),
    page: pageOptionsOf(command, values),
    budget: values.budget === undefined ? DEFAULT_BUDGET : budgetOf(command, values.budget),
    grpcHealth: values['grpc-health'] ?? false,
    isVerbose: values.verbose ?? false,
  };
}

/** An inspection for people. Pure. */

import { COST_BY_CLASS, type CostNs } from '../probes/hit-cost.ts';
import { LEVELS, type ProbeLevel } from '../probes/hook.ts';
import type {
  InspectedHook,
  Inspection,
  OpenTelemetryPresence,
  PlainRequest,
  ProgramFacts,
} from './inspection.ts';
import { alignColumns } from './text-table.ts';

/** The text for a host of that processor, with a final newline; a refusal without a program has none (its message goes to stderr). */
export function formatInspection({ path, pid, loadBias, program }: Inspection, hostArch: string): string {
  if (!program) return '';
  const levels = program.levels.filter(({ missing }) => missing === null);
  const missing = program.hooks.filter((hook) => !hook.found && isReached(hook, program));
  const lines = [
    ...alignColumns([
      ['program', path],
      ...(pid === null
        ? []
        : [['process', `${pid}${loadBias ? `, loaded at +0x${loadBias.toString(16)}` : ''}`]]),
      [
        'Go',
        program.goVersion === null ? 'version not known: no build info' : `${program.goVersion} (build info)`,
      ],
      ['module', moduleOf(program)],
      ['build', buildOf(program)],
      ['OpenTelemetry', openTelemetryOf(program.openTelemetry)],
      ['io_uring', program.ioUring ? 'a package for it is linked' : 'not used: no package for it is linked'],
    ]),
    '',
    ...alignColumns([
      ['hook', 'file offset', 'instruction', 'class', 'a hit', 'in'],
      ...levels.flatMap(({ level }) => levelRows(level, program.hooks)),
    ]),
    ...(missing.length > 0 ? ['', 'not found', ...missing.flatMap(missingLines)] : []),
    '',
    ...plainRequestLines(program),
    ...(program.architecture === 'amd64' ? COST_NOTE : ['What a hit costs was measured on amd64 only.']),
    ...(program.architecture === hostArch
      ? []
      : [`It is traced on ${program.architecture} hosts only, of which this is none.`]),
  ];
  return `${lines.join('\n')}\n`;
}

const COST_NOTE: readonly string[] = [
  'A hit is the kernel’s part alone, as measured on Linux 6.18 in a virtual machine: ' +
    `${Object.entries(COST_BY_CLASS)
      .map(([name, cost]) => `${name} ${microseconds(cost)}`)
      .join(', ')}.`,
  'The ratios carry over to other machines, the times do not; the summary of goidspan attach says how long the',
  'probes’ own programs took.',
];

function isReached({ level }: InspectedHook, { levels }: ProgramFacts): boolean {
  return levels.some((each) => each.level === level && each.missing === null);
}

/** The sites of a level, under its name if it is not the first. */
function levelRows(level: ProbeLevel, hooks: readonly InspectedHook[]): string[][] {
  const rows = hooks.filter((hook) => hook.found && hook.level === level).flatMap(siteRows);
  return level === LEVELS[0] || rows.length === 0 ? rows : [[`level ${level}`], ...rows];
}

function plainRequestLines({ plainRequest, levels }: ProgramFacts): string[] {
  const deeper = levels.slice(1).flatMap(({ level, missing, plainRequest: request }) => {
    if (missing !== null) return [`  ${missing}`];
    return request ? [`  at level ${level}: ${hitsOf(request)}`] : [];
  });
  return [
    ...(plainRequest ? [`a plain keep-alive request to it: ${hitsOf(plainRequest)}`] : []),
    // Levels that are missing for the same reason.
    ...new Set(deeper),
  ];
}

function hitsOf({ hits, costNs }: PlainRequest): string {
  return `${Number(hits.toFixed(1))} hits${costNs ? `, ${microseconds(costNs)}` : ''}`;
}

function moduleOf({ modulePath, mainPackage }: ProgramFacts): string {
  if (modulePath === null && mainPackage === null) return 'not known';
  const isApart = mainPackage !== null && mainPackage !== modulePath;
  return `${modulePath ?? 'none'}${isApart ? `, main package ${mainPackage}` : ''}`;
}

function buildOf({ architecture, stripped, pie, cgo, buildSettings }: ProgramFacts): string {
  const flags = ['-buildmode', '-ldflags', '-trimpath', '-pgo']
    .filter((name) => buildSettings[name] !== undefined && buildSettings[name] !== 'exe')
    .map((name) => `${name}=${buildSettings[name]}`);
  return [
    architecture,
    stripped ? 'stripped' : 'with symbol table',
    pie ? 'position-independent' : 'at a fixed address',
    cgo ? 'cgo' : 'no cgo',
    ...flags,
  ].join(', ');
}

function openTelemetryOf(found: OpenTelemetryPresence): string {
  const { api, sdk, autoSdk, sdkVersion, joined, instrumentations } = found;
  if (!api) return 'not linked';
  const where = found.foundIn
    .map((place) => (place === 'build_info' ? 'build info' : 'functions'))
    .join(', ');
  const made = instrumentations.length > 0 ? `, with ${instrumentations.join(', ')}` : '';
  if (!sdk) {
    const bridge = autoSdk ? '; spans of auto/sdk are left alone' : '';
    return `API only${made} (${where}): no SDK whose spans could be joined${bridge}`;
  }
  const fate = joined ? 'its spans are joined' : 'its spans cannot be joined: see sdk_start';
  return `SDK ${sdkVersion ?? 'linked'}${made} (${where}): ${fate}`;
}

function siteRows({ hook, sites }: InspectedHook): string[][] {
  return sites.map((site, index) => [
    index === 0 ? hook : '',
    `0x${site.fileOffset.toString(16)}`,
    site.instruction,
    site.class,
    microseconds(site.costNs),
    site.symbol,
  ]);
}

function missingLines({ hook, need, missing, without }: InspectedHook): string[] {
  return [`  ${hook} (${need}): ${missing}`, `    without it: ${without}`];
}

function microseconds(cost: CostNs | null): string {
  if (!cost) return '?';
  const { min, max } = cost;
  const text = (ns: number): string => (ns / 1_000).toFixed(ns < 9_000 ? 2 : 0);
  return min === max ? `${text(min)} µs` : `${text(min)}–${text(max)} µs`;
}

/** What Go's own execution trace tells of the goroutines of a span, in lanes of the same time as ours. */
import { useMemo } from 'preact/hooks';
import { goTraceLanes, spentIn } from '../data/go-trace/lanes.ts';
import type { GoTrace } from '../data/go-trace/read.ts';
import { clockText, counted, countText, dateText, durationText } from '../format.ts';
import { Breakdown } from './breakdown.tsx';
import { Flame } from './flame.tsx';
import { LanesPicture } from './lanes.tsx';
import type { TimeView } from './time-view.tsx';

/** A span as a trace of Go is laid beside it. */
export interface TracedSpan {
  readonly fromUs: number;
  readonly toUs: number;
  /** Those of the span and of what is below it, its own first. */
  readonly goroutines: readonly number[];
  readonly view: TimeView;
}

export function BesideTrace({ file, trace, span }: { file: string; trace: GoTrace; span: TracedSpan }) {
  const [own] = span.goroutines;
  const lanes = useMemo(() => goTraceLanes(trace, span.goroutines), [trace, span.goroutines]);
  const spent = spentIn(
    trace.times.filter(({ goroutine }) => goroutine === own),
    span,
  );
  const nothing = nothingText(trace, span);
  return (
    <>
      <p class="wrap">{factsText(file, trace)}</p>
      {nothing !== undefined && <p role="status">{nothing}</p>}
      {nothing === undefined && (
        <>
          <Breakdown spent={spent} label={`Goroutine ${own}, as Go has it`} />
          <p class="faint">
            On CPU is all the time in which Go has it run: what the kernel did meanwhile, Go does not know.
          </p>
          <LanesPicture lanes={lanes} view={span.view} startUs={span.fromUs} />
          {lanes.barsLeft > 0 && (
            <p class="faint">{countText(lanes.barsLeft)} shorter times are not shown.</p>
          )}
          {trace.timesLeft > 0 && <p class="faint">{countText(trace.timesLeft)} later ones had no room.</p>}
        </>
      )}
      {trace.waits.parent.length > 0 && (
        <>
          <h3>Where all of the program waited</h3>
          <Flame flame={trace.waits} told={waitsText(trace)} />
        </>
      )}
    </>
  );
}

function factsText(file: string, trace: GoTrace): string {
  const { format, durationUs, fromUs, goroutines, changes, lost, broken } = trace;
  return [
    file,
    `a trace in the format of ${format}`,
    `${durationText(durationUs * 1000)}${fromUs === undefined ? '' : ` from ${dateText(fromUs)}`}`,
    `${counted(changes, 'change')} of state of ${counted(goroutines, 'goroutine')}`,
    ...(lost > 0 ? [`${counted(lost, 'change')} had no room or belong to nobody`] : []),
    ...(broken === undefined ? [] : [`the rest is not shown: ${broken}`]),
  ].join(' · ');
}

/** Why it tells nothing of the span; undefined where it does. */
function nothingText({ fromUs, durationUs, times }: GoTrace, span: TracedSpan): string | undefined {
  const [own] = span.goroutines;
  if (fromUs === undefined)
    return 'When it was taken, a trace tells from Go 1.25 on: of the time of this span nothing can be shown.';
  const toUs = fromUs + durationUs;
  if (toUs < span.fromUs || fromUs > span.toUs)
    return `It is of another time, ${clockText(fromUs)} to ${clockText(toUs)}: this span began at ${clockText(span.fromUs)}.`;
  if (own === undefined) return 'Which goroutine this span was in is not known.';
  if (!times.some(({ goroutine }) => goroutine === own))
    return `Goroutine ${own} was not there then: it is a trace of another process, or of another run.`;
  return undefined;
}

function waitsText({ waits: { waits, spent, left, lost } }: GoTrace): string {
  const ns = Object.values(spent).reduce((sum, one) => sum + one, 0);
  return [
    `${counted(waits, 'wait')}, ${durationText(ns)}`,
    'of the whole program but for Go itself, while it was taken',
    ...(left > 0 ? [`${countText(left)} of the smallest frames are not shown`] : []),
    ...(lost > 0 ? [`${counted(lost, 'wait')} had no room`] : []),
  ].join(' · ');
}

/** A goroutine within a trace: what it did and waited for, who started it, whom it started. */
import { useMemo } from 'preact/hooks';
import type { TraceAnswer } from '../../page-api/answers.ts';
import { apiPath, useAnswer } from '../data/api.ts';
import { type Lane, type LaneBar, scopeOf } from '../data/lanes.ts';
import { endOf, nameOf, serviceOf, startOf, type Tree, treeOf, useOf } from '../data/tree.ts';
import { counted, durationText } from '../format.ts';
import { Swatch } from '../parts/breakdown.tsx';
import { LanesPicture } from '../parts/lanes.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { useTimeView, ZoomButtons } from '../parts/time-view.tsx';
import { href, route } from '../router.ts';
import { useLabel } from '../time-uses.ts';

export function GoroutinePage() {
  const [traceId = '', goid = ''] = route.value.parts;
  const answer = useAnswer<TraceAnswer>(apiPath(['trace', traceId]));
  return (
    <Loaded answer={answer} isPage>
      {(trace) => <Goroutine trace={trace} goid={Number(goid)} />}
    </Loaded>
  );
}

/** Indexes of what stands under each goroutine that this one started, and of itself. */
function familyOf({ trace }: Tree, goid: number): { own: number[]; started: number[]; parent: number } {
  const own: number[] = [];
  const started = new Set<number>();
  for (let at = 0; at < trace.goid.length; at++) {
    if (trace.goid[at] === goid) own.push(at);
    else if (trace.parentGoid[at] === goid && trace.goid[at] !== 0) started.add(trace.goid[at] as number);
  }
  const parent = own.map((at) => trace.parentGoid[at] as number).find((one) => one > 0) ?? 0;
  return { own, started: [...started], parent };
}

function Goroutine({ trace, goid }: { trace: TraceAnswer; goid: number }) {
  const tree = useMemo(() => treeOf(trace), [trace]);
  const { own, started, parent } = useMemo(() => familyOf(tree, goid), [tree, goid]);
  const view = useTimeView(tree.startUs, tree.endUs);
  const lanes = useMemo(
    () =>
      [parent, goid, ...started.slice(0, 10)].filter((one) => one > 0).map((one) => laneOf(tree, one, goid)),
    [tree, goid],
  );
  const link = (one: number) => <a href={href(['goroutine', trace.traceId, one])}>goroutine {one}</a>;
  const hasSpans = (one: number): boolean => trace.goid.includes(one);
  const waited = own.filter((at) => useOf(trace, at) !== undefined);
  const sum = waited.reduce((ns, at) => ns + (trace.durationNs[at] as number), 0);
  return (
    <>
      <div class="head">
        <span class="crumbs">
          <a href={href(['trace', trace.traceId])}>trace {trace.traceId.slice(0, 8)}</a>
        </span>
        <h1>Goroutine {goid}</h1>
        <span class="chip">{counted(own.length - waited.length, 'span')}</span>
        <span class="chip">
          {counted(waited.length, 'wait')} that {waited.length === 1 ? 'is' : 'are'} told, {durationText(sum)}
        </span>
        {own[0] !== undefined && <span class="chip">{serviceOf(trace, own[0])}</span>}
      </div>
      <section class="card">
        <p>
          {parent === 0 ? (
            'Who started it is not known.'
          ) : (
            <>Started by {hasSpans(parent) ? link(parent) : `goroutine ${parent}`}.</>
          )}{' '}
          {started.length > 0 && (
            <>
              It started{' '}
              {started.map((one, at) => (
                <span key={one}>
                  {at > 0 && ', '}
                  {link(one)}
                </span>
              ))}
              .
            </>
          )}
        </p>
        {own.length === 0 && <p>It has no span in this trace: what is known of it is who it woke.</p>}
      </section>
      <section class="card flush" aria-label="Lanes">
        <div class="card-head">
          <h2>In its trace</h2>
          <ZoomButtons view={view} />
        </div>
        <LanesPicture lanes={{ lanes, wakes: [], left: 0 }} view={view} startUs={tree.startUs} />
      </section>
      {own.length > 0 && <Rows tree={tree} own={own} />}
    </>
  );
}

function laneOf(tree: Tree, goid: number, chosen: number): Lane {
  const { trace } = tree;
  const bars = [...trace.goid.keys()]
    .filter((at) => trace.goid[at] === goid && !nameOf(trace, at).startsWith('gc.'))
    .map((at): LaneBar => {
      const use = useOf(trace, at);
      return {
        ...{ fromUs: startOf(trace, at), toUs: endOf(trace, at), use, isChosen: false },
        label: use === undefined ? nameOf(trace, at) : useLabel(use),
        to: href(['span', trace.traceId, trace.spanId[at] as string]),
        isTold: trace.spent[at] !== undefined,
      };
    });
  return {
    key: String(goid),
    title: `Goroutine ${goid}`,
    note: goid === chosen ? '' : bars.length === 0 ? 'without a span here' : 'of its family',
    to: href(['goroutine', trace.traceId, goid]),
    bars,
  };
}

function Rows({ tree, own }: { tree: Tree; own: readonly number[] }) {
  const { trace } = tree;
  return (
    <section class="card">
      <h2>Spans and waits</h2>
      <div class="table-wrap">
        <table>
          <thead>
            <tr>
              <th class="number">At</th>
              <th class="number">Duration</th>
              <th>What</th>
              <th class="number">Below it</th>
            </tr>
          </thead>
          <tbody>
            {own.slice(0, 200).map((at) => {
              const use = useOf(trace, at);
              return (
                <tr key={at}>
                  <td class="number">{durationText((startOf(trace, at) - tree.startUs) * 1000)}</td>
                  <td class="number">{durationText(trace.durationNs[at] as number)}</td>
                  <td class="wrap">
                    {use !== undefined && <Swatch use={use} />}{' '}
                    <a href={href(['span', trace.traceId, trace.spanId[at] as string])}>
                      {use === undefined ? nameOf(trace, at) : useLabel(use)}
                    </a>
                  </td>
                  <td class="number">{scopeOf(tree, at).length - 1}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}

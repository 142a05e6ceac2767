/** A span: why it was slow, and the evidence, in one picture. */
import { useMemo } from 'preact/hooks';
import type { SpanAnswer } from '../../page-api/answers.ts';
import { ATTRIBUTE, numberOf, spentOf, textOf } from '../attributes.ts';
import { apiPath, useWork } from '../data/api.ts';
import { goroutinesOf, lanesOf, requestText, waitText } from '../data/lanes.ts';
import { type SpanStory, spanStory } from '../data/span-story.ts';
import { endOf, nameOf, serviceOf, startOf } from '../data/tree.ts';
import { dateText, durationText, kindText, nameText, percentText } from '../format.ts';
import { AgainstFast, aroundSpan } from '../parts/against-fast.tsx';
import { BesideProfile } from '../parts/beside-profile.tsx';
import { Breakdown, Swatch } from '../parts/breakdown.tsx';
import { Exports } from '../parts/exports.tsx';
import { FlameCard } from '../parts/flame.tsx';
import { OpenInJaeger } from '../parts/in-jaeger.tsx';
import { LanesPicture } from '../parts/lanes.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { SpanDetails } from '../parts/span-details.tsx';
import { SpeedscopeButton } from '../parts/speedscope.tsx';
import { useTimeView, ZoomButtons } from '../parts/time-view.tsx';
import { Verdict } from '../parts/verdict.tsx';
import { Stack, WaitsTable, Waker } from '../parts/waits-table.tsx';
import { href, route } from '../router.ts';
import { bySize, useLabel, useMeaning } from '../time-uses.ts';

export function SpanPage() {
  const [traceId = '', spanId = ''] = route.value.parts;
  const answer = useWork(`${traceId} ${spanId}`, (signal) => spanStory(traceId, spanId, signal));
  return (
    <Loaded answer={answer} isPage>
      {(story) => <Span story={story} />}
    </Loaded>
  );
}

function Span({ story }: { story: SpanStory }) {
  const { span, tree, index, whose, waits, wakers } = story;
  const { trace } = tree;
  const isWait = whose !== index;
  const spent = spentOf(span.attributes[ATTRIBUTE.breakdown]);
  const critical = spentOf(span.attributes[ATTRIBUTE.critical]);
  const view = useTimeView(startOf(trace, whose), endOf(trace, whose));
  const lanes = useMemo(() => lanesOf(tree, whose, index, waits, wakers), [story]);
  const own = [...waits.values()];
  const goroutines = useMemo(() => goroutinesOf(tree, whose), [story]);
  const beside = { fromUs: startOf(trace, whose), toUs: endOf(trace, whose), goroutines, view };
  return (
    <>
      <Head story={story} />
      {isWait ? <WaitCard wait={span} wakers={wakers} /> : <Why span={span} waits={own} wakers={wakers} />}
      {bySize(spent).length > 0 && (
        <section class="card" aria-label="Where the time went">
          <Breakdown spent={spent} label="Its goroutine" />
          <Breakdown spent={critical} label="Critical path" />
        </section>
      )}
      <section class="card flush" aria-label="Goroutines">
        <div class="card-head">
          <h2>Goroutines and who woke whom</h2>
          <span class="legend">
            <i class="running-key" /> running, or in waits too short to be shown
          </span>
          <ZoomButtons view={view} />
        </div>
        <LanesPicture lanes={lanes} view={view} startUs={startOf(trace, whose)} />
      </section>
      {own.length > 0 && (
        <section class="card">
          <h2>Waits of {trace.goid[whose] ? `goroutine ${trace.goid[whose]}` : 'its goroutine'}</h2>
          <WaitsTable waits={own} wakers={wakers} startUs={startOf(trace, whose)} />
        </section>
      )}
      {!isWait && <FlameCard key={span.spanId} span={span} />}
      {!isWait && <BesideProfile span={beside} />}
      {!isWait && <AgainstFast span={span} spent={spent} />}
      <SpanDetails span={span} />
    </>
  );
}

/** In which part of its operation it is: what a chip says. */
function rankText({ below }: { below: number }): string {
  if (below >= 0.99) return 'slowest 1 %';
  if (below >= 0.9) return 'p90–p99';
  return below >= 0.5 ? 'p50–p90' : 'faster half';
}

function Head({ story: { span, tree, whose, index } }: { story: SpanStory }) {
  const { trace } = tree;
  const around = aroundSpan(span);
  const goid = trace.goid[index] as number;
  const code = textOf(span.attributes['http.response.status_code']);
  const error = span.statusMessage ?? (textOf(span.attributes['error.type']) || 'error');
  return (
    <div class="head">
      <span class="crumbs">
        <a href={href([], { service: span.service })}>{span.service}</a> ›{' '}
        <a href={href(['trace', span.traceId])}>trace {span.traceId.slice(0, 8)}</a>
        {whose !== index && (
          <>
            {' › '}
            <a href={href(['span', trace.traceId, trace.spanId[whose] as string])}>{nameOf(trace, whose)}</a>
          </>
        )}
      </span>
      <h1>{whose === index ? nameText(requestText(span)) : `Wait in ${nameOf(trace, whose)}`}</h1>
      <span class="chip strong">{durationText(span.durationNs)}</span>
      {span.rank !== undefined && span.rank.of > 1 && (
        <a
          class="chip"
          href={href(['operation'], around)}
          title={`${percentText(span.rank.below)} of ${span.rank.of} in the hour around it took less`}
        >
          {rankText(span.rank)} of {span.name}
        </a>
      )}
      <span class="chip">{kindText(span.kind)}</span>
      {code !== '' && <span class="chip">{code}</span>}
      {goid !== 0 && (
        <a class="chip" href={href(['goroutine', span.traceId, goid])}>
          goroutine {goid}
        </a>
      )}
      {span.isError && <span class="chip error">{error}</span>}
      <span class="faint">{dateText(span.startUs)}</span>
      <span class="right">
        <SpeedscopeButton
          path={apiPath(['trace', span.traceId, 'export'], { format: 'speedscope', span: span.spanId })}
        />
        <OpenInJaeger traceId={span.traceId} spanId={span.spanId} />
        <Exports traceId={span.traceId} />
      </span>
      <span class="hidden">{serviceOf(trace, index)}</span>
    </div>
  );
}

function Why({
  span,
  waits,
  wakers,
}: {
  span: SpanAnswer;
  waits: readonly SpanAnswer[];
  wakers: ReadonlyMap<string, SpanAnswer>;
}) {
  const sentence = textOf(span.attributes[ATTRIBUTE.verdict]);
  const worth = waits.filter(({ durationNs }) => durationNs > 0.05 * span.durationNs).slice(0, 2);
  const evidence = worth.length > 0 && (
    <ul class="evidence">
      {worth.map((wait) => (
        <li key={wait.spanId}>
          <Swatch use={textOf(wait.attributes[ATTRIBUTE.waitFor])} /> <b>{durationText(wait.durationNs)}</b>{' '}
          {waitText(wait)}, <Waker wait={wait} wakers={wakers} />
        </li>
      ))}
    </ul>
  );
  if (sentence !== '') {
    return (
      <Verdict
        sentence={sentence}
        share={numberOf(span.attributes[ATTRIBUTE.share])}
        confidence={numberOf(span.attributes[ATTRIBUTE.confidence])}
      >
        {evidence}
      </Verdict>
    );
  }
  const [top] = bySize(spentOf(span.attributes[ATTRIBUTE.breakdown]));
  return (
    <section class="card verdict" aria-label="Why it was slow">
      <h2 class="minor">No verdict: it was not slow for its route, or was not looked at so deep</h2>
      {top && (
        <p class="sentence">
          {percentText(top[1] / span.durationNs)} of {durationText(span.durationNs)}: {useLabel(top[0])},{' '}
          {useMeaning(top[0])}
        </p>
      )}
      {evidence}
    </section>
  );
}

function WaitCard({ wait, wakers }: { wait: SpanAnswer; wakers: ReadonlyMap<string, SpanAnswer> }) {
  const reason = textOf(wait.attributes[ATTRIBUTE.stopReason]);
  return (
    <section class="card verdict" aria-label="What was waited for">
      <p class="sentence">
        {durationText(wait.durationNs)} {waitText(wait)}
        {reason !== '' && `: ${reason}`}
      </p>
      {wait.name.startsWith('wait ') && (
        <p>
          <Waker wait={wait} wakers={wakers} />
        </p>
      )}
      <Stack text={textOf(wait.attributes[ATTRIBUTE.stack])} isOpen />
    </section>
  );
}

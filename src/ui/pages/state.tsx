/** Honesty: what is kept, since when, what was lost and why; what figures here can and cannot say. */
import type { StoreState } from '../../page-api/answers.ts';
import { apiPath, useAnswer } from '../data/api.ts';
import { range } from '../data/time-range.ts';
import { bytesText, countText, dateText, durationText, percentText } from '../format.ts';
import { AgentCards } from '../parts/agent.tsx';
import { FigureList, type NamedFigures } from '../parts/figures.tsx';
import { NotInJaeger } from '../parts/in-jaeger.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { ReasonCounts } from '../parts/reason-counts.tsx';

const reasons: Readonly<Record<string, string>> = {
  malformed: 'refused: they were not as OTLP says',
  queue_full: 'refused: more waited than may wait; the sender was told to try again later',
  disk_full: 'dropped: the disk was full',
  removed_by_size: 'removed, the oldest first, to stay below the size that was allowed',
  removed_by_age: 'removed: they were older than is to be kept',
};

export function StatePage() {
  // Asked anew when somebody looks again.
  const answer = useAnswer<StoreState>(apiPath(['state'], { at: range.value.toUs }));
  return (
    <>
      <div class="head">
        <h1>Honesty</h1>
        <span class="faint">what is kept, what was lost, and what these pages cannot know</span>
      </div>
      <Loaded answer={answer}>{(state) => <State state={state} />}</Loaded>
      <section class="card">
        <h2>What the figures mean</h2>
        <ul class="prose">
          <li>Percentiles come of counts by duration, which are right within about 2 %.</li>
          <li>
            A scatter shows each error, each of the slowest hundredth, and a sample of the others; a
            comparison of attributes looks at a sample, too, that of time at all.
          </li>
          <li>
            “Not known” is time of which nothing was seen. A wait shorter than what is told by itself is in
            the breakdown of its span all the same.
          </li>
          <li>
            Traces of which only a share is kept (<code>--keep</code>) are that share: rates are of what is
            kept.
          </li>
          <li>
            What was lost between kernel and exporter is told here by a goidspan that traces and has this page
            (<code>run --page</code>, the plug-in); of any other it is in its closing summary and its metrics.
          </li>
          <li>A critical path here is that of the spans; that on a span of ours also knows who woke whom.</li>
        </ul>
      </section>
    </>
  );
}

function State({ state }: { state: StoreState }) {
  const { spans, bytes, maxBytes, maxAgeMs, oldestUs, newestUs, jaeger } = state;
  if (jaeger?.holdsSpans) return <InJaeger url={jaeger.url ?? 'Jaeger'} />;
  const [lost, lostStacks] = [state.losses, state.stackLosses].map((of) =>
    Object.entries(of).filter(([, count]) => count > 0),
  ) as [[string, number][], [string, number][]];
  const figures: NamedFigures = [
    [jaeger?.hasSpans ? 'Spans told of' : 'Spans kept', countText(spans)],
    ['On disk', `${bytesText(bytes)}, ${percentText(bytes / maxBytes)} of ${bytesText(maxBytes)}`],
    ['A span', spans === 0 ? '–' : bytesText(Math.round(bytes / spans))],
    ['Kept for at most', durationText(maxAgeMs * 1e6)],
    ['Oldest', oldestUs === undefined ? '–' : dateText(oldestUs)],
    ['Newest', newestUs === undefined ? '–' : dateText(newestUs)],
  ];
  return (
    <>
      <section class="card">
        <h2>Kept</h2>
        <FigureList figures={figures} />
        {jaeger?.hasSpans && (
          <p>
            The spans themselves are in <a href={jaeger.url ?? ''}>{jaeger.url}</a>, which is asked for
            traces, spans and attributes. Here they stay until their part of the store is whole, ten minutes
            at most; then what is kept are percentiles, what time went to, and stacks.
          </p>
        )}
      </section>
      <section class="card">
        <h2>Not kept</h2>
        {lost.length + lostStacks.length === 0 && <p>All that arrived was kept.</p>}
        <ReasonCounts label="Spans that are not kept" counts={lost} meanings={reasons} />
        <ReasonCounts
          label="Samples and waits whose stacks are not kept"
          counts={lostStacks}
          meanings={reasons}
        />
      </section>
      <AgentCards agent={state.agent} />
      {jaeger?.calls && <Calls calls={jaeger.calls} />}
    </>
  );
}

const outcomes: Readonly<Record<string, string>> = {
  calls: 'in all',
  refused: 'refused: they were not as Jaeger asks',
  busy: 'refused: as many as may be were under way',
  failed: 'not answered: the store failed',
  tooLong: 'spans left out: one alone is longer than a message may be',
};

/** Of a Jaeger that has its storage here. */
function Calls({ calls }: { calls: Readonly<Record<string, number>> }) {
  return (
    <section class="card">
      <h2>Asked by Jaeger</h2>
      <table aria-label="Calls of Jaeger">
        <tbody>
          {Object.keys(outcomes).map((name) => (
            <tr key={name}>
              <th scope="row">{outcomes[name]}</th>
              <td class="number">{countText(calls[name] ?? 0)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function InJaeger({ url }: { url: string }) {
  return (
    <section class="card">
      <h2>Kept by Jaeger</h2>
      <p>
        Nothing is taken or kept here: these pages show the traces of <a href={url}>{url}</a>. How many there
        are, since when, and what was lost is known there alone.
      </p>
      <NotInJaeger what="Percentiles, rates, what time went to over many spans, and comparisons" />
    </section>
  );
}

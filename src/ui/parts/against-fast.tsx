/** A span beside the faster ones of its route: the same bar for both. */
import type { CompareAnswer, SpanAnswer, Spent } from '../../page-api/answers.ts';
import { apiPath, useAnswer } from '../data/api.ts';
import { jaeger } from '../data/jaeger.ts';
import { counted, durationText, percentText } from '../format.ts';
import { href } from '../router.ts';
import { useLabel } from '../time-uses.ts';
import { Bar, Swatch } from './breakdown.tsx';
import { NotInJaeger } from './in-jaeger.tsx';
import { Loaded } from './loaded.tsx';

const HALF_HOUR_US = 1800e6;

/** The operation of a span in the hour around it, as parameters. */
export const aroundSpan = ({ service, name, kind, startUs }: SpanAnswer) => ({
  ...{ service, name, kind, from: startUs - HALF_HOUR_US, to: startUs + HALF_HOUR_US },
});

export function AgainstFast({ span, spent }: { span: SpanAnswer; spent: Spent }) {
  const around = aroundSpan(span);
  const params = { ...around, min: span.durationNs, aroundFrom: around.from, aroundTo: around.to };
  const isHere = jaeger.value && !jaeger.value.holdsSpans;
  const answer = useAnswer<CompareAnswer>(isHere ? apiPath(['compare'], params) : undefined);
  return (
    <section class="card">
      <h2>Against the faster spans of {span.name}</h2>
      {jaeger.value?.holdsSpans && <NotInJaeger what="Other spans of its operation" />}
      <Loaded answer={answer}>
        {({ outside }) =>
          outside.spans === 0 ? (
            <p class="faint">None was faster in the hour around it.</p>
          ) : (
            <>
              <Sides span={span} spent={spent} outside={outside} />
              <p>
                <a href={href(['operation'], { ...around, min: span.durationNs })}>
                  What else differs among all of them
                </a>
              </p>
            </>
          )
        }
      </Loaded>
    </section>
  );
}

function Sides({
  span,
  spent,
  outside,
}: {
  span: SpanAnswer;
  spent: Spent;
  outside: CompareAnswer['outside'];
}) {
  const own = Object.fromEntries(Object.entries(spent).map(([use, ns]) => [use, ns / span.durationNs]));
  const more = Object.keys({ ...own, ...outside.shares })
    .map((use) => ({
      use,
      ns: (own[use] ?? 0) * span.durationNs - (outside.shares[use] ?? 0) * outside.p50Ns,
    }))
    .sort((a, b) => b.ns - a.ns)
    .slice(0, 3)
    .filter(({ ns }) => ns > 0);
  return (
    <>
      <table>
        <tbody>
          <tr>
            <th scope="row">This span</th>
            <td class="number">{durationText(span.durationNs)}</td>
            <td class="where">
              <Bar spent={spent} />
            </td>
          </tr>
          <tr>
            <th scope="row">{counted(outside.spans, 'faster span')}, median</th>
            <td class="number">{durationText(outside.p50Ns)}</td>
            <td class="where">
              <Bar spent={outside.shares} />
            </td>
          </tr>
        </tbody>
      </table>
      <p>
        {more.map(({ use, ns }, at) => (
          <span key={use}>
            {at > 0 && ', '}
            <Swatch use={use} /> <b>{durationText(ns)}</b> more {useLabel(use)} (
            {percentText(outside.shares[use] ?? 0)} there, {percentText(own[use] ?? 0)} here)
          </span>
        ))}
      </p>
    </>
  );
}

/** What a span says of itself: attributes, events, links, its resource. Text only: all of it may be hostile. */
import type { Attributes, SpanAnswer } from '../../page-api/answers.ts';
import { ATTRIBUTE, textOf } from '../attributes.ts';
import { durationText } from '../format.ts';
import { href } from '../router.ts';

/** These are pictures above. */
const pictured: ReadonlySet<string> = new Set([ATTRIBUTE.breakdown, ATTRIBUTE.critical, ATTRIBUTE.stack]);

function Pairs({ attributes }: { attributes: Attributes }) {
  return (
    <dl class="pairs">
      {Object.entries(attributes)
        .filter(([key]) => !pictured.has(key))
        .map(([key, value]) => (
          <div key={key} class="pair">
            <dt>{key}</dt>
            <dd>{textOf(value)}</dd>
          </div>
        ))}
    </dl>
  );
}

export function SpanDetails({ span }: { span: SpanAnswer }) {
  const { attributes, resource, events, links, scope } = span;
  return (
    <div class="columns">
      <section class="card">
        <h2>Attributes</h2>
        <Pairs attributes={attributes} />
        {events.length > 0 && <h2 class="next">Events</h2>}
        {events.map((event) => (
          <details key={`${event.timeUs} ${event.name}`}>
            <summary>
              {event.name} <span class="faint">at {durationText((event.timeUs - span.startUs) * 1000)}</span>
            </summary>
            <Pairs attributes={event.attributes} />
          </details>
        ))}
        {links.length > 0 && <h2 class="next">Links</h2>}
        {links.map(({ traceId, spanId, attributes: told }) => (
          <p key={traceId + spanId}>
            <a class="mono" href={href(['span', traceId, spanId])}>
              {traceId} {spanId}
            </a>{' '}
            <span class="faint">{textOf(told[ATTRIBUTE.linkReason])}</span>
          </p>
        ))}
      </section>
      <section class="card">
        <h2>Resource</h2>
        <Pairs attributes={resource} />
        <p class="faint">
          Made by {scope.name} {scope.version}
        </p>
      </section>
    </div>
  );
}

/** A Jaeger beside the page: the way there, and what is not to be had where it keeps the spans. */
import { inJaeger, jaeger } from '../data/jaeger.ts';
import { rangeParams } from '../data/time-range.ts';
import { href } from '../router.ts';

export function OpenInJaeger({ traceId, spanId }: { traceId: string; spanId?: string }) {
  const to = inJaeger(traceId, spanId);
  return to === undefined ? null : (
    <a class="outside" href={to} target="_blank" rel="noreferrer">
      Open in Jaeger
    </a>
  );
}

/** `what`: in plural, as the beginning of a sentence. */
export function NotInJaeger({ what }: { what: string }) {
  return (
    <p class="note" role="note">
      {what} are not known here: the spans are those of {jaeger.value?.url ?? 'Jaeger'}, which keeps no such
      figures. Send spans to <code>goidspan serve</code> as well, which does; or{' '}
      <a href={href(['search'], rangeParams.value)}>search the traces</a>.
    </p>
  );
}

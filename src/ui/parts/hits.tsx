/** Spans that were found, one a row. */
import type { SpanHit } from '../../page-api/answers.ts';
import { dateText, durationText, kindText, nameText } from '../format.ts';
import { href } from '../router.ts';
import { useLabel } from '../time-uses.ts';
import { Swatch } from './breakdown.tsx';
import { CauseChip } from './cause.tsx';

export function Hits({ hits, label }: { hits: readonly SpanHit[]; label: string }) {
  return (
    <div class="table-wrap">
      <table aria-label={label} class="hits">
        <thead>
          <tr>
            <th>When</th>
            <th>Span</th>
            <th>Service</th>
            <th>Kind</th>
            <th class="number">Duration</th>
            <th>Most of it</th>
            <th>Slow because of</th>
            <th>Trace</th>
          </tr>
        </thead>
        <tbody>
          {hits.map(
            ({ traceId, spanId, service, name, kind, startUs, durationNs, isError, waitTop, cause }) => (
              <tr key={traceId + spanId}>
                <td class="nowrap">{dateText(startUs)}</td>
                <td class="wrap">
                  <a href={href(['span', traceId, spanId])}>{nameText(name)}</a>
                  {isError && <b class="error"> error</b>}
                </td>
                <td class="wrap">{service}</td>
                <td>{kindText(kind)}</td>
                <td class="number">{durationText(durationNs)}</td>
                <td class="nowrap">
                  {waitTop !== undefined && (
                    <>
                      <Swatch use={waitTop} /> {useLabel(waitTop)}
                    </>
                  )}
                </td>
                <td>{cause !== undefined && <CauseChip cause={cause} />}</td>
                <td>
                  <a class="mono" href={href(['trace', traceId])}>
                    {traceId.slice(0, 8)}
                  </a>
                </td>
              </tr>
            ),
          )}
        </tbody>
      </table>
    </div>
  );
}

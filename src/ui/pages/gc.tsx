/** The garbage collector, and stops of the world: how often, how long, why, and whom they hit. */
import type { OperationRow, OperationsAnswer } from '../../page-api/answers.ts';
import { ATTRIBUTE, textOf } from '../attributes.ts';
import { apiPath, useAnswer, useWork } from '../data/api.ts';
import { longestOf } from '../data/longest.ts';
import { range, rangeParams } from '../data/time-range.ts';
import { dateText, durationText, percentText } from '../format.ts';
import { Bar, sumOf } from '../parts/breakdown.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { WaitOperations } from '../parts/wait-operations.tsx';
import { href } from '../router.ts';

const names = ['gc.stw', 'gc.cycle', 'wait gc.stw', 'wait gc.assist'];
const LONGEST = 20;

export function GcPage() {
  const answer = useAnswer<OperationsAnswer>(apiPath(['operations'], rangeParams.value));
  return (
    <>
      <div class="head">
        <h1>Garbage collector and stopped world</h1>
      </div>
      <Loaded answer={answer}>{({ operations }) => <Gc rows={operations} />}</Loaded>
    </>
  );
}

function Gc({ rows }: { rows: readonly OperationRow[] }) {
  const windows = rows.filter(({ name, kind }) => kind === 1 && names.includes(name));
  const stops = windows.filter(({ name }) => name === 'gc.stw');
  const hit = rows
    .map((row) => ({ row, ns: (row.spent['gc.assist'] ?? 0) + (row.spent['gc.stw'] ?? 0) }))
    .filter(({ ns, row }) => ns > 0 && row.kind !== 1)
    .sort((a, b) => b.ns - a.ns)
    .slice(0, 20);
  return (
    <>
      <section class="card">
        <h2>What happened within spans</h2>
        {windows.length === 0 ? (
          <p class="faint">
            Nothing that hit a span in this time. The collector is told from level runtime on.
          </p>
        ) : (
          <WaitOperations rows={windows} label="The collector and stops" />
        )}
        <p class="faint">
          A stop and a cycle are told once in each span that they hit: their times here are those of the
          spans.
        </p>
      </section>
      {hit.length > 0 && <Hit hit={hit} />}
      {stops.length > 0 && <LongestStops rows={stops} />}
    </>
  );
}

function Hit({ hit }: { hit: readonly { readonly row: OperationRow; readonly ns: number }[] }) {
  return (
    <section class="card">
      <h2>Who paid for it</h2>
      <table aria-label="Operations that paid for the collector">
        <thead>
          <tr>
            <th>Operation</th>
            <th class="number">Helping, or stopped</th>
            <th class="number">Of what is known</th>
            <th>Where its time goes</th>
          </tr>
        </thead>
        <tbody>
          {hit.map(({ row, ns }) => {
            const { service, name, kind } = row;
            return (
              <tr key={`${service} ${name} ${kind}`}>
                <td class="wrap">
                  <a href={href(['operation'], { service, name, kind, ...rangeParams.value })}>{name}</a>{' '}
                  <span class="faint">{service}</span>
                </td>
                <td class="number">{durationText(ns)}</td>
                <td class="number">{percentText(ns / sumOf(row.spent))}</td>
                <td class="where">
                  <Bar spent={row.spent} />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

function LongestStops({ rows }: { rows: readonly OperationRow[] }) {
  const answer = useWork(JSON.stringify(range.value), (signal) =>
    longestOf(rows, range.value, LONGEST, signal),
  );
  return (
    <section class="card">
      <h2>The longest stops of the world</h2>
      <Loaded answer={answer}>
        {(stops) => (
          <table aria-label="The longest stops">
            <thead>
              <tr>
                <th class="number">Stopped for</th>
                <th>Why</th>
                <th>By</th>
                <th>Within</th>
                <th>When</th>
              </tr>
            </thead>
            <tbody>
              {stops.map((stop) => {
                const by = textOf(stop.attributes[ATTRIBUTE.stopGoid]);
                return (
                  <tr key={stop.spanId}>
                    <td class="number">
                      <a href={href(['span', stop.traceId, stop.spanId])}>{durationText(stop.durationNs)}</a>
                    </td>
                    <td>{textOf(stop.attributes[ATTRIBUTE.stopReason]) || 'not told'}</td>
                    <td>{by === '' ? <span class="faint">not known</span> : `goroutine ${by}`}</td>
                    <td>
                      <a class="mono" href={href(['trace', stop.traceId])}>
                        {stop.traceId.slice(0, 8)}
                      </a>{' '}
                      <span class="faint">{stop.service}</span>
                    </td>
                    <td class="nowrap">{dateText(stop.startUs)}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        )}
      </Loaded>
    </section>
  );
}

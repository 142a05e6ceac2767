/** Locks and pools: who waited, who held, how long. */
import type { OperationRow, OperationsAnswer, SearchAnswer, SpanAnswer } from '../../page-api/answers.ts';
import { ATTRIBUTE, numberOf, textOf } from '../attributes.ts';
import { apiPath, useAnswer, useWork } from '../data/api.ts';
import { waitText, wakerLink } from '../data/lanes.ts';
import { longestOf, wakersOf } from '../data/longest.ts';
import { range, rangeParams } from '../data/time-range.ts';
import { dateText, durationText } from '../format.ts';
import { Swatch } from '../parts/breakdown.tsx';
import { Hits } from '../parts/hits.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { WaitOperations } from '../parts/wait-operations.tsx';
import { Waker } from '../parts/waits-table.tsx';
import { href } from '../router.ts';

/** Waits for what another goroutine has or does. */
const names = ['mutex', 'rwmutex', 'cond', 'waitgroup', 'chan.send', 'chan.receive'].map(
  (use) => `wait ${use}`,
);
const locks: readonly string[] = ['wait mutex', 'wait rwmutex'];
const LONGEST = 30;

export function LocksPage() {
  const answer = useAnswer<OperationsAnswer>(apiPath(['operations'], rangeParams.value));
  const pool = useAnswer<SearchAnswer>(
    apiPath(['search'], { ...rangeParams.value, cause: 'pool', limit: 20 }),
  );
  return (
    <>
      <div class="head">
        <h1>Locks and pools</h1>
        <span class="faint">waits that are spans of their own: 1 ms and more by default</span>
      </div>
      <Loaded answer={answer}>{({ operations }) => <Waits rows={operations} />}</Loaded>
      <section class="card">
        <h2>Requests that waited for a connection of a pool</h2>
        <Loaded answer={pool}>
          {({ hits }) =>
            hits.length === 0 ? (
              <p class="faint">None in this time.</p>
            ) : (
              <Hits hits={hits} label="Requests that waited for a pool" />
            )
          }
        </Loaded>
      </section>
    </>
  );
}

function Waits({ rows }: { rows: readonly OperationRow[] }) {
  const waits = rows.filter(({ name, kind }) => kind === 1 && names.includes(name));
  const held = waits.filter(({ name }) => locks.includes(name));
  return (
    <>
      <section class="card">
        <h2>What goroutines waited for</h2>
        {waits.length === 0 ? (
          <p class="faint">Nothing in this time. Waits are told from level waits on.</p>
        ) : (
          <WaitOperations rows={waits} label="Waits for locks, channels and groups" />
        )}
      </section>
      {held.length > 0 && <LongestWaits rows={held} />}
    </>
  );
}

interface Longest {
  readonly waits: readonly SpanAnswer[];
  readonly wakers: ReadonlyMap<string, SpanAnswer>;
}

function LongestWaits({ rows }: { rows: readonly OperationRow[] }) {
  const answer = useWork<Longest>(JSON.stringify(range.value), async (signal) => {
    const waits = await longestOf(rows, range.value, LONGEST, signal);
    const links = waits.map(wakerLink).filter((link) => link !== undefined);
    return { waits, wakers: await wakersOf(links, signal) };
  });
  return (
    <section class="card">
      <h2>The longest waits for locks, and who held them</h2>
      <Loaded answer={answer}>
        {({ waits, wakers }) => (
          <div class="table-wrap">
            <table aria-label="The longest waits for locks">
              <thead>
                <tr>
                  <th class="number">Waited</th>
                  <th>For, and where</th>
                  <th>Who waited</th>
                  <th>Who held, or ended it</th>
                  <th>When</th>
                </tr>
              </thead>
              <tbody>
                {waits.map((wait) => {
                  const goid = numberOf(wait.attributes[ATTRIBUTE.goid]) ?? 0;
                  return (
                    <tr key={wait.spanId}>
                      <td class="number">
                        <a href={href(['span', wait.traceId, wait.spanId])}>
                          {durationText(wait.durationNs)}
                        </a>
                      </td>
                      <td class="wrap">
                        <Swatch use={textOf(wait.attributes[ATTRIBUTE.waitFor])} /> {waitText(wait)}
                      </td>
                      <td>
                        <a href={href(['goroutine', wait.traceId, goid])}>goroutine {goid}</a>{' '}
                        <span class="faint">{wait.service}</span>
                      </td>
                      <td class="wrap">
                        <Waker wait={wait} wakers={wakers} />
                      </td>
                      <td class="nowrap">{dateText(wait.startUs)}</td>
                    </tr>
                  );
                })}
              </tbody>
            </table>
          </div>
        )}
      </Loaded>
    </section>
  );
}

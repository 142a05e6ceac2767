/** The start: services and their routes, what users waited for most, and what to fix first. */
import { useMemo, useState } from 'preact/hooks';
import type { OperationRow, OperationsAnswer } from '../../page-api/answers.ts';
import type { Operation } from '../../page-api/query.ts';
import { apiPath, useAnswer } from '../data/api.ts';
import { range, rangeParams } from '../data/time-range.ts';
import { counted, countText, durationText, kindText, nameText, percentText, rateText } from '../format.ts';
import { Bar, Legend } from '../parts/breakdown.tsx';
import { CauseChip } from '../parts/cause.tsx';
import { NotInJaeger } from '../parts/in-jaeger.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { SortHead, useSort } from '../parts/sort.tsx';
import { Spark } from '../parts/spark.tsx';
import { changeParams, href, route } from '../router.ts';
import { bySize, causeColour, causeLabel, inOrder } from '../time-uses.ts';

/** Which kinds of spans are meant. */
const views = { served: [2, 5], calls: [3, 4], inside: [1, 0] } as const;
type View = keyof typeof views;
const viewLabels: Readonly<Record<View, string>> = {
  served: 'Requests served',
  calls: 'Calls made',
  inside: 'Waits and inner spans',
};

export function ServicesPage() {
  const { params } = route.value;
  const service = params.get('service') ?? undefined;
  const services = useAnswer<readonly string[]>(apiPath(['services'], rangeParams.value));
  const answer = useAnswer<OperationsAnswer>(apiPath(['operations'], { ...rangeParams.value, service }));
  return (
    <>
      <div class="head">
        <h1>Routes</h1>
        <span class="right tools">
          <label>
            Service
            <select
              value={service ?? ''}
              onChange={({ currentTarget: { value } }) => changeParams({ service: value })}
            >
              <option value="">all</option>
              {(services.value ?? []).map((name) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        </span>
      </div>
      <Loaded answer={answer}>{(told) => <Operations answer={told} />}</Loaded>
    </>
  );
}

function Operations({ answer }: { answer: OperationsAnswer }) {
  const view = ((): View => {
    const told = route.value.params.get('view') ?? '';
    return Object.hasOwn(views, told) ? (told as View) : 'served';
  })();
  const [filter, setFilter] = useState('');
  const rows = useMemo(
    () => answer.operations.filter(({ kind }) => (views[view] as readonly number[]).includes(kind)),
    [answer, view],
  );
  const wanted = rows.filter(({ name, service }) =>
    `${service} ${name}`.toLowerCase().includes(filter.toLowerCase()),
  );
  if (answer.named) return <Names operations={answer.named} />;
  if (answer.operations.length === 0) return <Nothing />;
  const uses = inOrder(Object.assign({}, ...rows.map(({ spent }) => spent))).map(([use]) => use);
  return (
    <>
      <FixFirst rows={answer.operations} />
      <section class="card" aria-label="Operations">
        <div class="tools">
          {(Object.keys(views) as View[]).map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={name === view}
              onClick={() => changeParams({ view: name })}
            >
              {viewLabels[name]}
            </button>
          ))}
          <input
            type="search"
            aria-label="Names that contain"
            placeholder="Filter ( / )"
            value={filter}
            onInput={({ currentTarget }) => setFilter(currentTarget.value)}
          />
          <span class="faint">
            {counted(wanted.length, 'operation')}
            {answer.others > 0 && `, and ${counted(answer.others, 'span')} of more that are not told apart`}
          </span>
        </div>
        <OperationTable rows={wanted} />
        <Legend uses={uses} />
      </section>
    </>
  );
}

/** What is served first, inner spans last. */
function inOrderOfViews(operations: readonly Operation[]): Operation[] {
  const kinds: readonly number[] = Object.values(views).flat();
  return [...operations].sort(
    (a, b) =>
      kinds.indexOf(a.kind) - kinds.indexOf(b.kind) ||
      `${a.service} ${a.name}`.localeCompare(`${b.service} ${b.name}`),
  );
}

/** Operations of which nothing is known but that there are spans of them. */
function Names({ operations }: { operations: readonly Operation[] }) {
  return (
    <section class="card" aria-label="Operations">
      <NotInJaeger what="How often, how long and why" />
      <ul>
        {inOrderOfViews(operations).map(({ service, name, kind }) => (
          <li key={`${service}\0${name}\0${kind}`}>
            <a href={href(['search'], { service, name, kind, ...rangeParams.value })}>{nameText(name)}</a>{' '}
            <span class="faint">
              {kindText(kind)}, {service}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Nothing() {
  return (
    <section class="card">
      <h2>No spans in this time</h2>
      <p>
        Look at a longer time above, or see in <a href={href(['state'])}>what is kept</a> how old the newest
        span is.
      </p>
    </section>
  );
}

/** Causes of slow requests, most frequent first, each with the route that has it most. */
function FixFirst({ rows }: { rows: readonly OperationRow[] }) {
  const causes = new Map<string, { count: number; top: OperationRow; most: number; routes: number }>();
  for (const row of rows) {
    for (const [cause, count] of Object.entries(row.causes)) {
      const known = causes.get(cause) ?? { count: 0, top: row, most: 0, routes: 0 };
      known.count += count;
      known.routes++;
      if (count > known.most) Object.assign(known, { most: count, top: row });
      causes.set(cause, known);
    }
  }
  const sorted = [...causes].sort(([, a], [, b]) => b.count - a.count).slice(0, 6);
  if (sorted.length === 0) return null;
  return (
    <section class="card">
      <h2>What to fix first</h2>
      <ol class="fixes">
        {sorted.map(([cause, { count, top, most, routes }]) => (
          <li key={cause} style={{ borderColor: causeColour(cause) }}>
            <a href={href(['search'], { ...rangeParams.value, cause })}>
              <b>{causeLabel(cause)}</b>
            </a>
            <p>made {counted(count, 'request')} slow</p>
            <p class="faint wrap">
              {routes > 1 && `${countText(most)} of them `}
              <a href={operationHref(top)}>{nameText(top.name)}</a>
            </p>
          </li>
        ))}
      </ol>
    </section>
  );
}

const operationHref = ({ service, name, kind }: OperationRow): string =>
  href(['operation'], { service, name, kind, ...rangeParams.value });

const columns = {
  name: ({ name, service }: OperationRow) => `${name} ${service}`,
  count: ({ count }: OperationRow) => count,
  errors: ({ errors, count }: OperationRow) => errors / count,
  p50: ({ p50Ns }: OperationRow) => p50Ns,
  p95: ({ p95Ns }: OperationRow) => p95Ns,
  p99: ({ p99Ns }: OperationRow) => p99Ns,
  sum: ({ sumNs }: OperationRow) => sumNs,
} as const;

function OperationTable({ rows }: { rows: readonly OperationRow[] }) {
  const sort = useSort(rows, columns, 'sum');
  const seconds = (range.value.toUs - range.value.fromUs) / 1e6;
  const most = Math.max(1, ...rows.map(({ sumNs }) => sumNs));
  return (
    <div class="table-wrap">
      <table class="operations">
        <thead>
          <tr>
            <SortHead sort={sort} by="name" label="Route" />
            <SortHead sort={sort} by="count" label="Per second" isNumber />
            <th>Over time</th>
            <SortHead sort={sort} by="errors" label="Errors" isNumber />
            <SortHead sort={sort} by="p50" label="p50" isNumber />
            <SortHead sort={sort} by="p95" label="p95" isNumber />
            <SortHead sort={sort} by="p99" label="p99" isNumber />
            <SortHead sort={sort} by="sum" label="Waited in all" isNumber />
            <th class="where">Where the time goes</th>
            <th>Slow because of</th>
          </tr>
        </thead>
        <tbody>
          {sort.rows.map((row) => (
            <tr key={`${row.service}\0${row.name}\0${row.kind}`}>
              <td class="wrap">
                <a href={operationHref(row)}>{nameText(row.name)}</a> <span class="faint">{row.service}</span>
              </td>
              <td class="number" title={counted(row.count, 'span')}>
                {rateText(row.count / seconds)}
              </td>
              <td>
                <Spark values={row.rate} />
              </td>
              <td class={`number ${row.errors > 0 ? 'error' : 'faint'}`}>
                {percentText(row.errors / row.count)}
              </td>
              <td class="number">{durationText(row.p50Ns)}</td>
              <td class="number">{durationText(row.p95Ns)}</td>
              <td class="number">{durationText(row.p99Ns)}</td>
              <td class="number" title={`${percentText(row.sumNs / most)} of the largest`}>
                {durationText(row.sumNs)}
              </td>
              <td>
                <Bar spent={row.spent} />
              </td>
              <td>
                {bySize(row.causes)
                  .slice(0, 2)
                  .map(([cause, count]) => (
                    <CauseChip key={cause} cause={cause} count={countText(count)} />
                  ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

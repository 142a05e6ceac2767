/** A route: its durations over time, and what makes the slow ones differ from the others. */
import { useState } from 'preact/hooks';
import type { CompareAnswer, OperationRow, OperationsAnswer, ScatterAnswer } from '../../page-api/answers.ts';
import type { Operation } from '../../page-api/query.ts';
import { apiPath, useAnswer } from '../data/api.ts';
import { type Brush, brushOf, isOperation, setBrush, slowestWithin } from '../data/brush.ts';
import { range, rangeParams } from '../data/time-range.ts';
import { countText, dateText, durationText, kindText, nameText, percentText } from '../format.ts';
import { Breakdown } from '../parts/breakdown.tsx';
import { CauseChip } from '../parts/cause.tsx';
import { Comparison } from '../parts/comparison.tsx';
import { FigureList, type NamedFigures } from '../parts/figures.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Scatter } from '../parts/scatter.tsx';
import { href, route } from '../router.ts';
import { bySize } from '../time-uses.ts';

/** Points of a scatter that are asked for; errors and the slowest come in any case. */
const POINTS = 2000;

export function OperationPage() {
  const { params } = route.value;
  const operation = {
    service: params.get('service') ?? '',
    name: params.get('name') ?? '',
    kind: Number(params.get('kind') ?? 2) || 0,
  };
  const { service } = operation;
  const rows = useAnswer<OperationsAnswer>(apiPath(['operations'], { ...rangeParams.value, service }));
  return (
    <>
      <div class="head">
        <span class="crumbs">
          <a href={href([], { service })}>{service}</a>
        </span>
        <h1>{nameText(operation.name)}</h1>
        <span class="chip">{kindText(operation.kind)}</span>
        <span class="right">
          <a href={href(['search'], { ...operation, ...rangeParams.value })}>Search its spans</a>
        </span>
      </div>
      <Loaded answer={rows}>
        {({ operations }) => {
          const row = operations.find((one) => isOperation(one, operation));
          return row ? (
            <Told row={row} operation={operation} />
          ) : (
            <p class="note">It has no spans in this time.</p>
          );
        }}
      </Loaded>
    </>
  );
}

/** Percentiles come of counts by duration, and may be a little above what they are of: nothing would be as slow. */
const atLeast = (ns: number): number => Math.floor(ns * 0.97);

function Told({ row, operation }: { row: OperationRow; operation: Operation }) {
  const scatter = useAnswer<ScatterAnswer>(
    apiPath(['scatter'], { ...operation, ...rangeParams.value, points: POINTS }),
  );
  const chosen = brushOf(route.value.params);
  const brush = chosen ?? { minNs: atLeast(row.p95Ns) };
  const compared = useAnswer<CompareAnswer>(
    apiPath(['compare'], {
      ...operation,
      from: brush.fromUs ?? range.value.fromUs,
      to: brush.toUs ?? range.value.toUs,
      ...{ min: brush.minNs, max: brush.maxNs },
      ...{ aroundFrom: range.value.fromUs, aroundTo: range.value.toUs },
    }),
  );
  return (
    <>
      <Figures row={row} />
      <div class="columns">
        <section class="card">
          <h2>Durations over time</h2>
          <BrushTools row={row} brush={brush} />
          <Loaded answer={scatter}>
            {(told) => (
              <>
                <Scatter scatter={told} range={range.value} brush={brush} onBrush={setBrush} />
                <Exemplars scatter={told} brush={brush} />
              </>
            )}
          </Loaded>
        </section>
        <section class="card">
          <h2>{chosen ? 'What is chosen against the others' : 'The slowest 5 % against the others'}</h2>
          <Loaded answer={compared}>{(told) => <Comparison told={told} />}</Loaded>
        </section>
      </div>
    </>
  );
}

function Figures({ row }: { row: OperationRow }) {
  const figures: NamedFigures = [
    ['Spans', countText(row.count)],
    ['Errors', percentText(row.errors / row.count)],
    ['p50', durationText(row.p50Ns)],
    ['p95', durationText(row.p95Ns)],
    ['p99', durationText(row.p99Ns)],
    ['Waited in all', durationText(row.sumNs)],
  ];
  return (
    <section class="card">
      <FigureList figures={figures}>
        <div>
          <dt>Slow because of</dt>
          <dd>
            {bySize(row.causes).map(([cause, count]) => (
              <CauseChip key={cause} cause={cause} count={countText(count)} />
            ))}
            {bySize(row.causes).length === 0 && <span class="chip">nothing is told</span>}
          </dd>
        </div>
      </FigureList>
      <Breakdown spent={row.spent} label="Of all its time" />
    </section>
  );
}

/** The choice without a mouse. */
function BrushTools({ row, brush }: { row: OperationRow; brush: Brush }) {
  const [min, setMin] = useState('');
  const ms = (ns: number | undefined): string => (ns === undefined ? '' : (ns / 1e6).toFixed(3));
  const presets: readonly (readonly [string, Brush])[] = [
    ['Slower than p50', { minNs: atLeast(row.p50Ns) }],
    ['Slowest 5 %', { minNs: atLeast(row.p95Ns) }],
    ['Slowest 1 %', { minNs: atLeast(row.p99Ns) }],
  ];
  return (
    <div class="tools">
      {presets.map(([label, preset]) => (
        <button
          key={label}
          type="button"
          aria-pressed={
            brush.minNs === preset.minNs && brush.fromUs === undefined && brush.maxNs === undefined
          }
          onClick={() => setBrush(preset)}
        >
          {label}
        </button>
      ))}
      <label>
        From
        <input
          type="number"
          min="0"
          step="any"
          value={min || ms(brush.minNs)}
          onInput={({ currentTarget: { value } }) => setMin(value)}
          onChange={({ currentTarget: { value } }) => {
            setMin('');
            setBrush({ ...brush, minNs: Number(value) * 1e6 });
          }}
        />
        ms
      </label>
      <label>
        to
        <input
          type="number"
          min="0"
          step="any"
          value={ms(brush.maxNs)}
          onChange={({ currentTarget: { value } }) =>
            setBrush({ ...brush, maxNs: value === '' ? undefined : Number(value) * 1e6 })
          }
        />
        ms
      </label>
    </div>
  );
}

function Exemplars({ scatter, brush }: { scatter: ScatterAnswer; brush: Brush }) {
  const slowest = slowestWithin(scatter, brush, 10);
  if (slowest.length === 0) return null;
  return (
    <table aria-label="The slowest that are chosen">
      <thead>
        <tr>
          <th class="number">Duration</th>
          <th>When</th>
          <th>Its span</th>
        </tr>
      </thead>
      <tbody>
        {slowest.map((at) => (
          <tr key={at}>
            <td class="number">{durationText(scatter.durationNs[at] as number)}</td>
            <td>{dateText(scatter.startUs[at] as number)}</td>
            <td>
              <a href={href(['span', scatter.traceId[at] as string, scatter.spanId[at] as string])}>
                Why slow? <span class="mono">{scatter.spanId[at]}</span>
              </a>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Search: all that is given must be true of a span; it says how much it has looked at. */
import type { OperationsAnswer, SearchAnswer } from '../../page-api/answers.ts';
import { apiPath, useAnswer } from '../data/api.ts';
import { range, rangeParams } from '../data/time-range.ts';
import { counted, countText, dateText } from '../format.ts';
import { Hits } from '../parts/hits.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { changeParams, goTo, href, route } from '../router.ts';
import { CAUSE_LABELS, causeLabel, TIME_USE_LABELS, useLabel } from '../time-uses.ts';

const LIMIT = 100;
const kinds: readonly (readonly [value: string, label: string])[] = [
  ['', 'any kind'],
  ['2', 'server'],
  ['3', 'client'],
  ['1', 'internal'],
  ['4', 'producer'],
  ['5', 'consumer'],
];
const attributePattern = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/;

export function SearchPage() {
  const { params } = route.value;
  const text = (name: string): string | undefined => params.get(name) ?? undefined;
  const [, key = '', value = ''] = attributePattern.exec(text('attribute') ?? '') ?? [];
  const services = useAnswer<readonly string[]>(apiPath(['services'], rangeParams.value));
  const rows = useAnswer<OperationsAnswer>(
    apiPath(['operations'], { ...rangeParams.value, service: text('service') }),
  );
  const answer = useAnswer<SearchAnswer>(
    apiPath(['search'], {
      ...rangeParams.value,
      ...{ service: text('service'), name: text('name'), kind: text('kind') },
      ...{ min: text('min'), max: text('max'), error: text('error') },
      ...{
        wait: text('wait'),
        cause: text('cause'),
        attribute: key === '' ? undefined : `${key}=${value}`,
        limit: LIMIT,
      },
    }),
  );
  const { operations = [], named = operations } = rows.value ?? {};
  const names = [...new Set(named.map(({ name }) => name))].sort();
  return (
    <>
      <div class="head">
        <h1>Search</h1>
      </div>
      <form class="card search" onSubmit={(event) => event.preventDefault()}>
        <Choice
          label="Service"
          name="service"
          options={[['', 'any'], ...(services.value ?? []).map((name) => [name, name] as const)]}
        />
        <label>
          Name
          <input
            type="search"
            list="names"
            value={text('name') ?? ''}
            onChange={({ currentTarget: { value } }) => changeParams({ name: value })}
          />
          <datalist id="names">
            {names.map((name) => (
              <option key={name} value={name} />
            ))}
          </datalist>
        </label>
        <Choice label="Kind" name="kind" options={kinds} />
        <Choice
          label="Slow because of"
          name="cause"
          options={[
            ['', 'anything'],
            ...Object.keys(CAUSE_LABELS).map((cause) => [cause, causeLabel(cause)] as const),
          ]}
        />
        <Choice
          label="Most of it"
          name="wait"
          options={[
            ['', 'anything'],
            ...Object.keys(TIME_USE_LABELS).map((use) => [use, useLabel(use)] as const),
          ]}
        />
        <Milliseconds label="At least" name="min" />
        <Milliseconds label="At most" name="max" />
        <label class="attribute">
          Attribute
          <input
            placeholder="http.route=/checkout"
            value={text('attribute') ?? ''}
            onChange={({ currentTarget: { value } }) => changeParams({ attribute: value })}
          />
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={text('error') === 'true'}
            onChange={({ currentTarget: { checked } }) =>
              changeParams({ error: checked ? 'true' : undefined })
            }
          />
          errors only
        </label>
        <TraceJump />
      </form>
      <section class="card">
        <Loaded answer={answer}>{(told) => <Found told={told} />}</Loaded>
      </section>
    </>
  );
}

function Found({ told: { hits, searched } }: { told: SearchAnswer }) {
  const { fromUs, toUs } = range.value;
  return (
    <>
      <p class="faint" role="status">
        {hits.length === LIMIT ? `The newest ${LIMIT}` : counted(hits.length, 'span')} of{' '}
        {countText(searched.spans)} searched
        {searched.traces !== undefined &&
          `, in the newest ${counted(searched.traces, 'trace')} that Jaeger finds (it may find more in a shorter time)`}
        {searched.of > searched.spans &&
          `, of ${countText(searched.of)} in that time: the search was ended by its time limit`}
        , from {dateText(fromUs).slice(0, -4)} to {dateText(toUs).slice(0, -4)}.
      </p>
      {hits.length > 0 && <Hits hits={hits} label="Spans that were found" />}
    </>
  );
}

function Choice({
  label,
  name,
  options,
}: {
  label: string;
  name: string;
  options: readonly (readonly [value: string, label: string])[];
}) {
  return (
    <label>
      {label}
      <select
        value={route.value.params.get(name) ?? ''}
        onChange={({ currentTarget: { value } }) => changeParams({ [name]: value })}
      >
        {options.map(([value, told]) => (
          <option key={value} value={value}>
            {told}
          </option>
        ))}
      </select>
    </label>
  );
}

function Milliseconds({ label, name }: { label: string; name: string }) {
  const ns = route.value.params.get(name);
  return (
    <label>
      {label}, ms
      <input
        type="number"
        min="0"
        step="any"
        value={ns === null ? '' : String(Number(ns) / 1e6)}
        onChange={({ currentTarget: { value } }) =>
          changeParams({ [name]: value === '' ? undefined : Math.round(Number(value) * 1e6) })
        }
      />
    </label>
  );
}

/** An id from a log goes there at once. */
function TraceJump() {
  return (
    <label>
      Trace id
      <input
        class="mono"
        maxLength={32}
        placeholder="32 digits"
        onInput={({ currentTarget: { value } }) => {
          if (/^[0-9a-f]{32}$/i.test(value.trim())) goTo(href(['trace', value.trim().toLowerCase()]));
        }}
      />
    </label>
  );
}

/**
 * The rows of a trace: a tree that is a grid, of which only the rows in sight are in the document. An element is used again for
 * another row by its slot, so that scrolling makes and removes none.
 */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { SPAN_IS_ERROR } from '../../page-api/answers.ts';
import { endOf, nameOf, openRows, serviceOf, spentAt, startOf, type Tree, useOf } from '../data/tree.ts';
import { durationText, nameText } from '../format.ts';
import { goTo, href } from '../router.ts';
import { inOrder, useColour, useLabel } from '../time-uses.ts';
import { gradientOf, spentText } from './breakdown.tsx';
import { memo } from './memo.ts';
import { Ruler, type TimeView } from './time-view.tsx';

const ROW = 24;
/** Rows beyond what is in sight, above and below. */
const MARGIN = 8;

export function Waterfall({
  tree,
  view,
  critical,
}: {
  tree: Tree;
  view: TimeView;
  critical: ReadonlySet<number>;
}) {
  const { trace } = tree;
  const [closed, setClosed] = useState<ReadonlySet<number>>(new Set());
  const rows = useMemo(() => openRows(tree, closed), [tree, closed]);
  const [active, setActive] = useState(0);
  const [first, setFirst] = useState(0);
  const [height, setHeight] = useState(600);
  const box = useRef<HTMLDivElement>(null);

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const measure = (): void => {
      const free = innerHeight - element.getBoundingClientRect().top - scrollY - 16;
      setHeight(Math.max(240, free));
    };
    measure();
    addEventListener('resize', measure);
    return () => removeEventListener('resize', measure);
  }, []);

  const goToRow = (row: number): void => {
    const next = Math.min(rows.length - 1, Math.max(0, row));
    setActive(next);
    const element = box.current;
    if (!element) return;
    if (next * ROW < element.scrollTop) element.scrollTop = next * ROW;
    const over = (next + 2) * ROW - element.scrollTop - element.clientHeight;
    if (over > 0) element.scrollTop += over;
  };
  const index = rows[active] ?? 0;
  const open = (isOpen: boolean): void => {
    const next = new Set(closed);
    if (isOpen) next.delete(index);
    else next.add(index);
    setClosed(next);
  };
  const hasBelow = (tree.below[index] ?? 0) > 0;
  const toParent = (): void => {
    const parent = trace.parent[index] as number;
    if (parent >= 0) goToRow(rows.indexOf(parent));
  };
  const page = Math.max(1, Math.floor(height / ROW) - 2);
  const keys: Readonly<Record<string, () => void>> = {
    ArrowDown: () => goToRow(active + 1),
    ArrowUp: () => goToRow(active - 1),
    PageDown: () => goToRow(active + page),
    PageUp: () => goToRow(active - page),
    Home: () => goToRow(0),
    End: () => goToRow(rows.length - 1),
    ArrowRight: () => (hasBelow && closed.has(index) ? open(true) : hasBelow && goToRow(active + 1)),
    ArrowLeft: () => (hasBelow && !closed.has(index) ? open(false) : toParent()),
    Enter: () => goTo(href(['span', trace.traceId, trace.spanId[index] as string])),
    c: () => {
      for (let step = 1; step <= rows.length; step++) {
        const row = (active + step) % rows.length;
        if (critical.has(rows[row] as number)) return goToRow(row);
      }
    },
  };
  useEffect(() => {
    const root = rows.indexOf(tree.root);
    if (root > 0) goToRow(root);
    box.current?.focus({ preventScroll: true });
  }, [tree]);

  const count = Math.ceil(height / ROW) + 2 * MARGIN;
  const last = Math.min(rows.length, first + count);
  const shown: number[] = [];
  for (let row = first; row < last; row++) shown.push(row);
  const isActiveAway = (active < first || active >= last) && active < rows.length;
  const row = (at: number, slot: string) => (
    <Row
      key={slot}
      id={`${slot}-row`}
      {...{ tree, view, row: at, index: rows[at] as number, isActive: at === active }}
      isClosed={closed.has(rows[at] as number)}
      isCritical={critical.has(rows[at] as number)}
    />
  );
  const onClick = (event: MouseEvent): void => {
    const target = event.target as HTMLElement;
    const at = Number(target.closest<HTMLElement>('[data-row]')?.dataset['row'] ?? Number.NaN);
    if (!(at >= 0)) return;
    setActive(at);
    if (!target.closest('.toggle')) return;
    const clicked = rows[at] as number;
    const next = new Set(closed);
    if (!next.delete(clicked)) next.add(clicked);
    setClosed(next);
  };
  return (
    <div class="waterfall">
      <div class="waterfall-head" aria-hidden="true">
        <span>Span</span>
        <Ruler view={view} startUs={tree.startUs} />
        <span class="number">Duration</span>
      </div>
      <div
        ref={box}
        class="waterfall-box"
        role="treegrid"
        aria-label="Spans of the trace"
        aria-rowcount={rows.length}
        aria-colcount={3}
        aria-readonly="true"
        aria-activedescendant={isActiveAway ? 'away-row' : `slot-${active % count}-row`}
        tabIndex={0}
        style={{ height: `${Math.min(height, rows.length * ROW + 2)}px` }}
        onScroll={({ currentTarget }) =>
          setFirst(Math.max(0, Math.floor(currentTarget.scrollTop / ROW) - MARGIN))
        }
        onClick={onClick}
        onKeyDown={(event) => {
          if (event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(keys, event.key)) return;
          keys[event.key]?.();
          event.preventDefault();
        }}
      >
        <div class="waterfall-rows" role="rowgroup" style={{ height: `${rows.length * ROW}px` }}>
          {shown.map((at) => row(at, `slot-${at % count}`))}
          {isActiveAway && row(active, 'away')}
        </div>
      </div>
    </div>
  );
}

interface RowProps {
  readonly id: string;
  readonly tree: Tree;
  readonly view: TimeView;
  readonly row: number;
  readonly index: number;
  readonly isActive: boolean;
  readonly isClosed: boolean;
  readonly isCritical: boolean;
}

const Row = memo(function Row({ id, tree, view, row, index, isActive, isClosed, isCritical }: RowProps) {
  const { trace } = tree;
  const depth = tree.depth[index] as number;
  const below = tree.below[index] as number;
  const isError = ((trace.flags[index] as number) & SPAN_IS_ERROR) !== 0;
  const spent = spentAt(trace, index);
  const parts = inOrder(Object.fromEntries(spent));
  const use = useOf(trace, index);
  const from = view.place(startOf(trace, index));
  const to = view.place(endOf(trace, index));
  const verdict = trace.texts[trace.verdict[index] as number];
  const name = use === undefined ? nameText(nameOf(trace, index)) : useLabel(use);
  const links = trace.links[index]?.length ?? 0;
  const duration = durationText(trace.durationNs[index] as number);
  const told = use === undefined ? spentText(Object.fromEntries(spent)) : '';
  const words = [duration, told, isCritical && 'on the critical path', isError && 'error'].filter(Boolean);
  return (
    <div
      id={id}
      role="row"
      data-row={row}
      class={`row${isActive ? ' is-active' : ''}${isError ? ' is-error' : ''}${use ? ' is-wait' : ''}`}
      aria-rowindex={row + 1}
      aria-level={depth + 1}
      aria-selected={isActive}
      aria-expanded={below > 0 ? !isClosed : undefined}
      style={{ transform: `translateY(${row * ROW}px)` }}
    >
      <div role="gridcell" class="name" style={{ paddingLeft: `${Math.min(depth, 24) * 12}px` }}>
        <span class="toggle" aria-hidden="true">
          {below > 0 ? (isClosed ? '▸' : '▾') : ''}
        </span>
        <a
          href={href(['span', trace.traceId, trace.spanId[index] as string])}
          tabIndex={-1}
          title={verdict ?? name}
        >
          {name}
        </a>
        {use === undefined && <span class="faint"> {serviceOf(trace, index)}</span>}
        {isError && <b class="error"> error</b>}
        {verdict !== undefined && <b class="mark"> slow</b>}
        {links > 0 && (
          <span class="faint" title={`${links} links`}>
            {' '}
            ↗
          </span>
        )}
      </div>
      <div role="gridcell" class="time" aria-label={words.join(', ')}>
        {to >= 0 && from <= 1 && (
          <i
            class={`span-bar${isCritical ? ' is-critical' : ''}`}
            style={{
              left: `${100 * Math.max(0, from)}%`,
              width: `${100 * (Math.min(1, to) - Math.max(0, from))}%`,
              ...(use === undefined && parts.length > 0
                ? { backgroundColor: '', backgroundImage: gradientOf(parts) }
                : { backgroundImage: '', backgroundColor: use ? useColour(use) : 'var(--t-unattributed)' }),
            }}
          />
        )}
      </div>
      <div role="gridcell" class="number">
        {duration}
      </div>
    </div>
  );
});

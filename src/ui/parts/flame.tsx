/** Where in the code the time of a span went: on a processor and waiting in one picture, and the same frames as a table. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { FlameAnswer, SpanAnswer } from '../../page-api/answers.ts';
import { FLAME_SCOPES, type FlameScope } from '../../page-api/query.ts';
import { apiPath, useAnswer } from '../data/api.ts';
import {
  type FlameLayout,
  flameLayout,
  frameName,
  framesWith,
  isBelow,
  placeText,
  sharedNs,
} from '../data/flame-layout.ts';
import { jaeger } from '../data/jaeger.ts';
import { counted, countText, durationText, percentText } from '../format.ts';
import { themeChanges } from '../theme.ts';
import { inOrder, useLabel, useMeaning } from '../time-uses.ts';
import { Legend } from './breakdown.tsx';
import { drawFlame, frameAt, ROW } from './flame-canvas.ts';
import { FlameTable } from './flame-table.tsx';
import { NotInJaeger } from './in-jaeger.tsx';
import { Loaded } from './loaded.tsx';

const scopeLabels: Readonly<Record<FlameScope, string>> = {
  span: 'The span alone',
  goroutine: 'Its goroutine',
  children: 'All below it',
};

export function FlameCard({ span }: { span: SpanAnswer }) {
  const [scope, setScope] = useState<FlameScope>('goroutine');
  const isHere = jaeger.value && !jaeger.value.holdsSpans;
  const path = isHere ? apiPath(['flame', span.traceId, span.spanId], { scope }) : undefined;
  const answer = useAnswer<FlameAnswer>(path);
  return (
    <section class="card" aria-label="Where in the code">
      <div class="flame-head">
        <h2>Where in the code</h2>
        <fieldset class="zoom">
          <legend class="hidden">Of what</legend>
          {FLAME_SCOPES.map((one) => (
            <button key={one} type="button" aria-pressed={one === scope} onClick={() => setScope(one)}>
              {scopeLabels[one]}
            </button>
          ))}
        </fieldset>
      </div>
      {jaeger.value?.holdsSpans && <NotInJaeger what="Stacks of the code" />}
      <Loaded answer={answer}>
        {(flame) =>
          flame.parent.length > 0 ? (
            <Flame flame={flame} told={factsText(flame, span.durationNs)} />
          ) : (
            <Nothing flame={flame} />
          )
        }
      </Loaded>
    </section>
  );
}

function Nothing({ flame }: { flame: FlameAnswer }) {
  if (flame.seenIn === 'nowhere')
    return (
      <p class="faint">
        No samples were taken: goidspan takes them at <code>--level cpu</code>, and keeps them where it traces
        with a page of its own (<code>run --page</code>, <code>attach --page</code>, option <code>page</code>{' '}
        of the plug-in) or opens a recording.
      </p>
    );
  return (
    <p class="faint">
      Nothing was seen here: each processor is looked at now and then only (<code>--profile-hz</code>, 99
      times a second), waits are told one by one from 1 ms on (<code>--wait-min</code>), and both only while
      the program is looked at at <code>--level cpu</code>.
    </p>
  );
}

/** What of the span is in the picture. */
function factsText(
  { scope, spent, samples, waits, spans, left, lost }: FlameAnswer,
  durationNs: number,
): string {
  const { cpu = 0, ...others } = spent;
  const waited = Object.values(others).reduce((sum, ns) => sum + ns, 0);
  const all = cpu + waited;
  return [
    samples === 0
      ? 'No sample on a processor'
      : `${counted(samples, 'sample')} on a processor, for ${durationText(cpu)}`,
    ...(waits > 0 ? [`${counted(waits, 'wait')}, ${durationText(waited)}`] : []),
    ...(scope === 'children' ? [`in ${counted(spans, 'span')}`] : []),
    ...(scope === 'goroutine' && all < durationNs
      ? [
          `${percentText(1 - all / durationNs)} of ${durationText(durationNs)} was not seen: short waits, and between samples`,
        ]
      : []),
    ...(left > 0 ? [`${countText(left)} of the smallest frames are not shown`] : []),
    ...(lost > 0 ? [`${counted(lost, 'sample or wait', 'samples or waits')} had no room`] : []),
  ].join(' · ');
}

/** `told`: what is in the picture, in words. */
export function Flame({ flame, told }: { flame: FlameAnswer; told: string }) {
  const layout = useMemo(() => flameLayout(flame), [flame]);
  const [zoomed, zoom] = useState<number>();
  const [active, setActive] = useState<number>();
  const [text, search] = useState('');
  const found = useMemo(() => framesWith(flame, text), [flame, text]);
  useEffect(() => {
    zoom(undefined);
    setActive(undefined);
  }, [flame]);
  const isSearched = text.trim() !== '';
  const inside = zoomed !== undefined && zoomed < layout.frames ? zoomed : undefined;
  const at = active !== undefined && active < layout.frames ? active : undefined;
  return (
    <>
      <div class="tools">
        <label>
          Frame
          <input type="search" value={text} onInput={(event) => search(event.currentTarget.value)} />
        </label>
        {isSearched && (
          <span class="faint" role="status">
            {counted(found.size, 'frame')}, {percentText(sharedNs(layout, found) / layout.totalNs)}
          </span>
        )}
        <button type="button" disabled={inside === undefined} onClick={() => zoom(undefined)}>
          All of it
        </button>
        <span class="flame-legend">
          <Legend uses={inOrder(flame.spent).map(([use]) => use)} />
        </span>
      </div>
      <Picture {...{ layout, found, isSearched, zoom, setActive }} zoomed={inside} active={at} />
      <p class="faint">{told}</p>
      <FlameTable layout={layout} within={inside} found={isSearched ? found : undefined} zoom={zoom} />
    </>
  );
}

interface PictureProps {
  readonly layout: FlameLayout;
  readonly zoomed: number | undefined;
  readonly active: number | undefined;
  readonly found: ReadonlySet<number>;
  readonly isSearched: boolean;
  readonly zoom: (index: number | undefined) => void;
  readonly setActive: (index: number | undefined) => void;
}

function Picture({ layout, zoomed, active, found, isSearched, zoom, setActive }: PictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [hover, setHover] = useState<{ index: number; x: number; y: number }>();
  const changes = themeChanges.value;
  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const redraw = (): void => {
      const drawn = drawFlame(element, layout, { zoomed, active, found, isSearched });
      element.dataset['drawn'] = String(drawn);
    };
    redraw();
    addEventListener('resize', redraw);
    return () => removeEventListener('resize', redraw);
  }, [layout, zoomed, active, found, isSearched, changes]);
  const hit = (event: MouseEvent): number | undefined => {
    const { offsetX, offsetY } = event;
    return frameAt(layout, zoomed, (event.currentTarget as HTMLElement).clientWidth, offsetX, offsetY);
  };
  const onKey = (event: KeyboardEvent): void => {
    const next = moved(layout, zoomed, active, event.key);
    if (event.key === 'Enter' && active !== undefined) zoom(active);
    else if (event.key === 'Escape') zoom(undefined);
    else if (next === undefined) return;
    else {
      setActive(next);
      scrollTo(event.currentTarget as HTMLElement, (layout.depth[next] as number) * ROW);
    }
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <>
      <div
        class="flame"
        role="application"
        aria-label={`Flame graph of ${countText(layout.frames)} frames. Arrows go from frame to frame, Enter zooms in, Escape out; the table below has the same.`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: an application is operated by keys
        tabIndex={0}
        onKeyDown={onKey}
      >
        <canvas
          ref={canvas}
          style={{ height: `${layout.depths * ROW}px` }}
          onPointerMove={(event) => {
            const index = hit(event);
            setHover(index === undefined ? undefined : { index, x: event.clientX, y: event.clientY });
          }}
          onPointerLeave={() => setHover(undefined)}
          onClick={(event) => {
            const index = hit(event);
            if (index === undefined) return;
            setActive(index);
            zoom(index === zoomed ? undefined : index);
          }}
        />
      </div>
      <p class="flame-told" role="status">
        {active === undefined ? (
          <span class="faint">A frame is as wide as its time: click on one, or use arrows and Enter.</span>
        ) : (
          frameText(layout, active)
        )}
      </p>
      {hover && hover.index < layout.frames && (
        <div
          class="flame-tip"
          aria-hidden="true"
          style={{
            top: `${hover.y + 16}px`,
            ...(hover.x > innerWidth / 2
              ? { right: `${innerWidth - hover.x}px` }
              : { left: `${hover.x + 8}px` }),
          }}
        >
          {frameText(layout, hover.index)}
        </div>
      )}
    </>
  );
}

function scrollTo(box: HTMLElement, top: number): void {
  if (top < box.scrollTop) box.scrollTop = top;
  const over = top + 2 * ROW - box.scrollTop - box.clientHeight;
  if (over > 0) box.scrollTop += over;
}

/** All that is known of a frame, in words. */
function frameText({ flame, size, self, totalNs }: FlameLayout, index: number): string {
  const name = frameName(flame, index);
  const share = percentText((size[index] as number) / totalNs);
  if (flame.isWait[index] === 1)
    return `${useLabel(name)}: ${durationText(size[index] as number)}, ${share}, ${useMeaning(name)}`;
  const [on, off] = [flame.onNs[index] as number, flame.offNs[index] as number];
  const place = placeText(flame, index);
  return [
    `${name}${place === '' ? '' : ` (${place})`}: ${durationText(size[index] as number)}, ${share}`,
    `itself ${durationText(self[index] as number)}`,
    `on CPU ${durationText(on)}`,
    `waiting ${durationText(off)}`,
  ].join(', ');
}

/** Where an arrow leads to from the frame that is active. */
function moved(
  layout: FlameLayout,
  zoomed: number | undefined,
  active: number | undefined,
  key: string,
): number | undefined {
  if (!/^Arrow|^Home$/.test(key)) return undefined;
  const { frames, depth, end } = layout;
  const { parent } = layout.flame;
  if (frames === 0) return undefined;
  if (active === undefined || key === 'Home') return zoomed ?? 0;
  if (key === 'ArrowUp') return Math.max(0, parent[active] as number);
  if (key === 'ArrowDown') return (end[active] as number) > active + 1 ? active + 1 : active;
  if (key === 'ArrowRight') {
    for (let at = end[active] as number; at < frames; at++)
      if (depth[at] === depth[active] && isBelow(layout, at, zoomed)) return at;
    return active;
  }
  for (let at = active - 1; at >= 0; at--) if (depth[at] === depth[active]) return at;
  return active;
}

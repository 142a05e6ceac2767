/** Lanes of goroutines in time, and arrows from who ended a wait to who waited. All of it links. */
import type { ComponentChildren } from 'preact';
import type { Lane, LaneBar, Lanes } from '../data/lanes.ts';
import { durationText } from '../format.ts';
import { useColour } from '../time-uses.ts';
import { Ruler, type TimeView } from './time-view.tsx';

const LANE = 42;
/** Where in its lane the strip of waits is. */
const WAITS_MIDDLE = 29;
/** Arrows that are told in words beside them. */
const TOLD = 1;

export function LanesPicture({
  lanes: told,
  view,
  startUs,
}: {
  lanes: Lanes;
  view: TimeView;
  startUs: number;
}) {
  const { lanes, wakes, left } = told;
  const longest = [...wakes].sort((a, b) => b.waitedNs - a.waitedNs);
  return (
    <div class="lanes">
      <div class="lanes-head" aria-hidden="true">
        <span />
        <Ruler view={view} startUs={startUs} />
      </div>
      <div class="lanes-body" style={{ height: `${lanes.length * LANE}px` }}>
        <ul class="lane-titles" aria-label="Lanes">
          {lanes.map(({ key, title, note, to }) => (
            <li key={key} style={{ height: `${LANE}px` }}>
              {to === undefined ? <b>{title}</b> : <a href={to}>{title}</a>}
              <span class="faint">{note}</span>
            </li>
          ))}
        </ul>
        <div class="lanes-plot">
          {lanes.map((lane, row) => (
            <LaneRow key={lane.key} {...{ lane, view, row }} />
          ))}
          {longest.map(({ atUs, waker, woken, label, to, waitedNs }, rank) => {
            const place = view.place(atUs);
            if (place < -0.001 || place > 1.001) return null;
            const up = waker > woken;
            const top = Math.min(waker, woken) * LANE + WAITS_MIDDLE;
            const text = `${durationText(waitedNs)}: ${label}`;
            const style = {
              left: `${100 * Math.min(1, Math.max(0, place))}%`,
              top: `${top}px`,
              height: `${Math.abs(waker - woken) * LANE}px`,
            };
            return (
              <Told
                key={`${atUs} ${waker} ${woken}`}
                class={`wake ${up ? 'up' : 'down'}${rank < TOLD ? ' is-told' : ''}`}
                {...{ to, style, text }}
              >
                {rank < TOLD && <span class={place > 0.5 ? 'left' : 'right'}>{label}</span>}
              </Told>
            );
          })}
        </div>
      </div>
      {left > 0 && <p class="faint">{left} more goroutines are not shown.</p>}
    </div>
  );
}

function LaneRow({ lane, view, row }: { lane: Lane; view: TimeView; row: number }) {
  return (
    <div class="lane" style={{ top: `${row * LANE}px`, height: `${LANE}px` }}>
      {lane.bars.map((bar) => bar.isTold && <Running key={bar.to} bar={bar} view={view} />)}
      {lane.bars.map((bar) => (
        <Bar key={bar.to ?? bar.fromUs} bar={bar} view={view} />
      ))}
    </div>
  );
}

/** Beneath its waits: what is left of a span whose time is known. */
function Running({ bar, view }: { bar: LaneBar; view: TimeView }) {
  const [from, end] = [Math.max(0, view.place(bar.fromUs)), Math.min(1, view.place(bar.toUs))];
  if (end < 0 || from > 1) return null;
  return <i class="lane-running" style={{ left: `${100 * from}%`, width: `${100 * (end - from)}%` }} />;
}

function Bar({ bar, view }: { bar: LaneBar; view: TimeView }) {
  const { fromUs, toUs, use, label, to, isChosen } = bar;
  const [from, end] = [Math.max(0, view.place(fromUs)), Math.min(1, view.place(toUs))];
  if (end < 0 || from > 1) return null;
  const text = `${label}, ${durationText((toUs - fromUs) * 1000)}`;
  return (
    <Told
      class={`${use === undefined ? 'lane-span' : 'lane-wait'}${isChosen ? ' is-chosen' : ''}`}
      to={to}
      text={text}
      style={{
        left: `${100 * from}%`,
        width: `${100 * (end - from)}%`,
        ...(use !== undefined && { backgroundColor: useColour(use) }),
      }}
    >
      {use === undefined && <span>{label}</span>}
    </Told>
  );
}

/** A link, or a picture of what has no page; what it is stands in words beside it. */
function Told({
  to,
  text,
  children,
  ...place
}: {
  to: string | undefined;
  text: string;
  class: string;
  style: Readonly<Record<string, string>>;
  children?: ComponentChildren;
}) {
  return to === undefined ? (
    <span role="img" aria-label={text} title={text} {...place}>
      {children}
    </span>
  ) : (
    <a href={to} aria-label={text} title={text} {...place}>
      {children}
    </a>
  );
}

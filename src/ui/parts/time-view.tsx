/** The part of a time that a picture shows, and the keys that change it: w, s, a, d and f. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import { durationText } from '../format.ts';
import { isTyping } from './typing.ts';

export interface TimeView {
  readonly fromUs: number;
  readonly toUs: number;
  readonly isAll: boolean;
  /** From 0 to 1 within the picture; below or above outside of it. */
  readonly place: (us: number) => number;
  readonly show: (fromUs: number, toUs: number) => void;
  readonly zoom: (factor: number, around?: number) => void;
  readonly pan: (share: number) => void;
  readonly fit: () => void;
}

const LEAST_US = 0.5;

export function useTimeView(startUs: number, endUs: number): TimeView {
  const whole = Math.max(LEAST_US, endUs - startUs);
  const [[fromUs, toUs], set] = useState<readonly [number, number]>([startUs, startUs + whole]);
  const view = useMemo((): TimeView => {
    const show = (from: number, to: number): void => {
      const width = Math.min(whole, Math.max(LEAST_US, to - from));
      const begin = Math.min(startUs + whole - width, Math.max(startUs, from));
      set([begin, begin + width]);
    };
    const width = toUs - fromUs;
    return {
      fromUs,
      toUs,
      isAll: width >= whole,
      place: (us) => (us - fromUs) / width,
      show,
      zoom: (factor, around = 0.5) => {
        const at = fromUs + around * width;
        show(at - around * width * factor, at + (1 - around) * width * factor);
      },
      pan: (share) => show(fromUs + share * width, toUs + share * width),
      fit: () => set([startUs, startUs + whole]),
    };
  }, [fromUs, toUs, startUs, whole]);
  useEffect(() => {
    const keys: Readonly<Record<string, () => void>> = {
      w: () => view.zoom(0.6),
      s: () => view.zoom(1 / 0.6),
      a: () => view.pan(-0.2),
      d: () => view.pan(0.2),
      f: () => view.fit(),
    };
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (Object.hasOwn(keys, event.key)) keys[event.key]?.();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [view]);
  return view;
}

/** Times at round distances, from the beginning of the whole. */
function ticksOf({ fromUs, toUs }: TimeView, startUs: number, about = 6): number[] {
  const rough = (toUs - fromUs) / about;
  const ten = 10 ** Math.floor(Math.log10(rough));
  const step = ten * ([1, 2, 5, 10].find((times) => times * ten >= rough) ?? 10);
  const ticks: number[] = [];
  for (let at = Math.ceil((fromUs - startUs) / step) * step; startUs + at <= toUs; at += step)
    ticks.push(startUs + at);
  return ticks;
}

export function Ruler({ view, startUs }: { view: TimeView; startUs: number }) {
  return (
    <div class="ruler" aria-hidden="true">
      {ticksOf(view, startUs)
        .filter((us) => view.place(us) < 0.96)
        .map((us) => (
          <span key={us} style={{ left: `${100 * view.place(us)}%` }}>
            {us - startUs < 0.001 ? '0' : durationText((us - startUs) * 1000)}
          </span>
        ))}
    </div>
  );
}

export function ZoomButtons({ view }: { view: TimeView }) {
  return (
    <fieldset class="zoom">
      <legend class="hidden">Time that is shown</legend>
      <button type="button" aria-label="Zoom in" title="Zoom in (w)" onClick={() => view.zoom(0.6)}>
        +
      </button>
      <button type="button" aria-label="Zoom out" title="Zoom out (s)" onClick={() => view.zoom(1 / 0.6)}>
        −
      </button>
      <button type="button" title="Fit all (f)" disabled={view.isAll} onClick={view.fit}>
        Fit
      </button>
    </fieldset>
  );
}

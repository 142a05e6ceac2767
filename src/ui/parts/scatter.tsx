/** Durations over time as points, drawn; a box drawn over them is a choice. The table beside it is the same in words. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { type ScatterAnswer, SPAN_IS_ERROR } from '../../page-api/answers.ts';
import type { TimeRange } from '../../page-api/query.ts';
import { type Brush, isWithin } from '../data/brush.ts';
import { clockText, countText, durationText } from '../format.ts';
import { goTo, href } from '../router.ts';
import { colourOf, themeChanges } from '../theme.ts';

/** Pixels: less than this is a click. */
const DRAG_MIN = 5;
const PADDING = 8;

/** Between times and durations and the picture, each from 0 to 1 from the left and the top. */
interface Scale {
  readonly x: (us: number) => number;
  readonly y: (ns: number) => number;
  readonly us: (x: number) => number;
  readonly ns: (y: number) => number;
  readonly lines: readonly number[];
}

function scaleOf({ durationNs }: ScatterAnswer, { fromUs, toUs }: TimeRange): Scale {
  const least = durationNs.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const most = durationNs.reduce((a, b) => Math.max(a, b), 1);
  const low = Math.log10(Math.max(1, Math.min(least, most / 2)) / 1.2);
  const high = Math.log10(most * 1.2);
  const lines: number[] = [];
  for (let power = Math.ceil(low); power <= high; power++) lines.push(10 ** power);
  return {
    x: (us) => (us - fromUs) / (toUs - fromUs),
    y: (ns) => (high - Math.log10(Math.max(1, ns))) / (high - low),
    us: (x) => fromUs + x * (toUs - fromUs),
    ns: (y) => 10 ** (high - y * (high - low)),
    lines,
  };
}

function draw(
  canvas: HTMLCanvasElement,
  scatter: ScatterAnswer,
  scale: Scale,
  brush: Brush | undefined,
): void {
  const { clientWidth: width, clientHeight: height } = canvas;
  const ratio = devicePixelRatio;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const context = canvas.getContext('2d');
  if (!context) return;
  context.scale(ratio, ratio);
  const [ink, chosen, error, line] = ['--t-other', '--accent', '--error', '--line'].map(colourOf) as [
    string,
    string,
    string,
    string,
  ];
  context.fillStyle = line;
  for (const ns of scale.lines) context.fillRect(0, Math.round(scale.y(ns) * height), width, 1);
  const { startUs, durationNs, flags } = scatter;
  for (let at = 0; at < startUs.length; at++) {
    const [us, ns] = [startUs[at] as number, durationNs[at] as number];
    const [x, y] = [scale.x(us) * width, scale.y(ns) * height];
    if (((flags[at] as number) & SPAN_IS_ERROR) !== 0) {
      context.strokeStyle = error;
      context.lineWidth = 1.6;
      context.beginPath();
      context.moveTo(x - 3, y - 3);
      context.lineTo(x + 3, y + 3);
      context.moveTo(x + 3, y - 3);
      context.lineTo(x - 3, y + 3);
      context.stroke();
      continue;
    }
    const isChosen = brush !== undefined && isWithin(brush, us, ns);
    context.globalAlpha = 0.75;
    context.fillStyle = isChosen ? chosen : ink;
    context.fillRect(x - 1.5, y - 1.5, isChosen ? 4 : 3, isChosen ? 4 : 3);
    context.globalAlpha = 1;
  }
}

interface Drag {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

export function Scatter({
  scatter,
  range,
  brush,
  onBrush,
}: {
  scatter: ScatterAnswer;
  range: TimeRange;
  brush: Brush | undefined;
  onBrush: (brush: Brush) => void;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const scale = useMemo(() => scaleOf(scatter, range), [scatter, range.fromUs, range.toUs]);
  const [drag, setDrag] = useState<Drag>();
  const changes = themeChanges.value;
  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const redraw = (): void => draw(element, scatter, scale, brush);
    redraw();
    addEventListener('resize', redraw);
    return () => removeEventListener('resize', redraw);
  }, [scatter, scale, JSON.stringify(brush), changes]);

  const at = (event: PointerEvent): { x: number; y: number } => {
    const box = (canvas.current as HTMLCanvasElement).getBoundingClientRect();
    const share = (value: number, size: number): number => Math.min(1, Math.max(0, value / size));
    return { x: share(event.clientX - box.left, box.width), y: share(event.clientY - box.top, box.height) };
  };
  const open = (x: number, y: number): void => {
    const { clientWidth, clientHeight } = canvas.current as HTMLCanvasElement;
    let [nearest, least] = [-1, PADDING];
    for (let one = 0; one < scatter.startUs.length; one++) {
      const dx = (scale.x(scatter.startUs[one] as number) - x) * clientWidth;
      const dy = (scale.y(scatter.durationNs[one] as number) - y) * clientHeight;
      const distance = Math.hypot(dx, dy);
      if (distance < least) [nearest, least] = [one, distance];
    }
    if (nearest >= 0)
      goTo(href(['span', scatter.traceId[nearest] as string, scatter.spanId[nearest] as string]));
  };
  const end = ({ x0, y0, x1, y1 }: Drag): void => {
    setDrag(undefined);
    const { clientWidth, clientHeight } = canvas.current as HTMLCanvasElement;
    if (Math.hypot((x1 - x0) * clientWidth, (y1 - y0) * clientHeight) < DRAG_MIN) {
      open(x1, y1);
      return;
    }
    onBrush({
      fromUs: scale.us(Math.min(x0, x1)),
      toUs: scale.us(Math.max(x0, x1)),
      minNs: scale.ns(Math.max(y0, y1)),
      maxNs: scale.ns(Math.min(y0, y1)),
    });
  };
  const box = drag ?? (brush && dragOf(brush, scale));
  const shown = scatter.startUs.length;
  return (
    <>
      <div
        class="scatter"
        onPointerDown={(event) => {
          const { x, y } = at(event);
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrag({ x0: x, y0: y, x1: x, y1: y });
        }}
        onPointerMove={(event) => {
          if (!drag) return;
          const { x, y } = at(event);
          setDrag({ ...drag, x1: x, y1: y });
        }}
        onPointerUp={() => drag && end(drag)}
        onPointerCancel={() => setDrag(undefined)}
      >
        <canvas
          ref={canvas}
          role="img"
          aria-label={`Durations of ${countText(shown)} spans over time; the slowest stand in the table`}
        />
        {box && (
          <i
            class="where-brush"
            style={{
              left: `${100 * Math.min(box.x0, box.x1)}%`,
              width: `${100 * Math.abs(box.x1 - box.x0)}%`,
              top: `${100 * Math.min(box.y0, box.y1)}%`,
              height: `${100 * Math.abs(box.y1 - box.y0)}%`,
            }}
          />
        )}
        {scale.lines.map((ns) => (
          <span key={ns} class="axis" style={{ left: '0', top: `calc(${100 * scale.y(ns)}% - 16px)` }}>
            {durationText(ns)}
          </span>
        ))}
        {[0.25, 0.5, 0.75].map((x) => (
          <span key={x} class="axis" style={{ left: `${100 * x}%`, bottom: '0' }}>
            {clockText(scale.us(x)).slice(0, 8)}
          </span>
        ))}
      </div>
      <p class="faint">
        {countText(shown)} of {countText(scatter.of)} spans: each error (red cross), each of the slowest
        hundredth, and a sample of the others. Draw a box to compare what is in it with the others; click on a
        point for its span.
      </p>
    </>
  );
}

function dragOf({ fromUs, toUs, minNs, maxNs }: Brush, { x, y }: Scale): Drag {
  const clamped = (value: number): number => Math.min(1, Math.max(0, value));
  return {
    x0: fromUs === undefined ? 0 : clamped(x(fromUs)),
    x1: toUs === undefined ? 1 : clamped(x(toUs)),
    y0: maxNs === undefined ? 0 : clamped(y(maxNs)),
    y1: minNs === undefined ? 1 : clamped(y(minNs)),
  };
}

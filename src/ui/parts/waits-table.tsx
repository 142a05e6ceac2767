/** Waits one by one: how long, where in the code, who ended it, with the stack. The lanes in words. */
import type { SpanAnswer } from '../../page-api/answers.ts';
import { ATTRIBUTE, numberOf, textOf } from '../attributes.ts';
import { waitText, wakerLink, wakeText } from '../data/lanes.ts';
import { durationText } from '../format.ts';
import { href } from '../router.ts';
import { Swatch } from './breakdown.tsx';

export function Waker({ wait, wakers }: { wait: SpanAnswer; wakers: ReadonlyMap<string, SpanAnswer> }) {
  const link = wakerLink(wait);
  if (link === undefined && wait.attributes[ATTRIBUTE.waker] === undefined)
    return <span class="faint">nobody: time passed, or the kernel</span>;
  const text = wakeText(wait, link && wakers.get(link.spanId));
  const goid = numberOf(wait.attributes[ATTRIBUTE.waker]);
  if (link !== undefined) return <a href={href(['span', link.traceId, link.spanId])}>{text}</a>;
  return <a href={href(['goroutine', wait.traceId, goid ?? 0])}>{text}</a>;
}

export function WaitsTable({
  waits,
  wakers,
  startUs,
}: {
  waits: readonly SpanAnswer[];
  wakers: ReadonlyMap<string, SpanAnswer>;
  startUs: number;
}) {
  return (
    <div class="table-wrap">
      <table>
        <thead>
          <tr>
            <th class="number">At</th>
            <th class="number">Waited</th>
            <th>For, and where</th>
            <th>Who ended it</th>
            <th class="number">Then runnable</th>
          </tr>
        </thead>
        <tbody>
          {waits.map((wait) => (
            <tr key={wait.spanId}>
              <td class="number">{durationText((wait.startUs - startUs) * 1000)}</td>
              <td class="number">
                <a href={href(['span', wait.traceId, wait.spanId])}>{durationText(wait.durationNs)}</a>
              </td>
              <td class="wrap">
                <Swatch use={textOf(wait.attributes[ATTRIBUTE.waitFor])} /> {waitText(wait)}
                <Stack text={textOf(wait.attributes[ATTRIBUTE.stack])} />
              </td>
              <td class="wrap">
                <Waker wait={wait} wakers={wakers} />
              </td>
              <td class="number">{durationText(numberOf(wait.attributes[ATTRIBUTE.runnableNs]) ?? 0)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function Stack({ text, isOpen = false }: { text: string; isOpen?: boolean }) {
  if (text === '') return null;
  return (
    <details class="stack" open={isOpen}>
      <summary>Stack</summary>
      <pre>{text}</pre>
    </details>
  );
}

/** A trace as files for other tools. */
import { apiPath } from '../data/api.ts';

const formats: readonly (readonly [format: string, meaning: string])[] = [
  ['perfetto', 'Perfetto, Chrome trace'],
  ['speedscope', 'speedscope'],
  ['pprof', 'pprof'],
  ['otlp', 'OTLP JSON'],
  ['csv', 'CSV'],
  ['html', 'one HTML file'],
];

export function Exports({ traceId }: { traceId: string }) {
  return (
    <details class="menu">
      <summary>Export</summary>
      <ul>
        {formats.map(([format, meaning]) => (
          <li key={format}>
            <a href={apiPath(['trace', traceId, 'export'], { format })} download>
              {meaning}
            </a>
          </li>
        ))}
      </ul>
    </details>
  );
}

/** One trace as one file, for a mail or a ticket: no script, nothing from anywhere else. */
import type { TraceAnswer } from '../page-api/answers.ts';
import { spansOf, type TraceSpan } from './trace-spans.ts';

const STYLE = `
body { font: 14px/1.4 system-ui, sans-serif; margin: 1.5rem; color-scheme: light dark; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 2px 8px; border-bottom: 1px solid #8884; vertical-align: top; }
td.time { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
td.when { width: 40%; } .track { position: relative; height: 12px; background: #8882; }
.track i { position: absolute; top: 0; bottom: 0; min-width: 1px; background: #2b6cb0; }
.error { color: #c53030; } .track.error i { background: #c53030; } small { opacity: .75; }
`;

export function traceHtml(trace: TraceAnswer): string {
  const spans = [...spansOf(trace)];
  const from = spans[0]?.startUs ?? 0;
  const to = spans.reduce(
    (last, { startUs, durationNs }) => Math.max(last, startUs + durationNs / 1_000),
    from,
  );
  const depths = depthsOf(spans);
  const rows = spans.map((span, index) => rowOf(span, depths[index] ?? 0, from, Math.max(to - from, 1)));
  const title = `trace ${trace.traceId}`;
  const when = new Date(from / 1_000).toISOString();
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>${STYLE}</style></head>
<body><h1>${title}</h1><p>${spans.length} spans, ${when}</p>
<table><thead><tr><th>Span</th><th>Took</th><th>When</th></tr></thead><tbody>
${rows.join('\n')}
</tbody></table></body></html>
`;
}

function rowOf(span: TraceSpan, depth: number, fromUs: number, wholeUs: number): string {
  const left = percent((span.startUs - fromUs) / wholeUs);
  const width = percent(span.durationNs / 1_000 / wholeUs);
  const error = span.isError ? ' error' : '';
  const spent = span.spent.map(([use, ns]) => `${use} ${milliseconds(ns)}`).join(', ');
  const told = [span.verdict, spent]
    .filter(Boolean)
    .map((text) => `<br><small>${escaped(text ?? '')}</small>`);
  return `<tr><td style="padding-left:${8 + 14 * Math.min(depth, 40)}px" class="name${error}">${escaped(span.name)} <small>${escaped(span.service)}</small>${told.join('')}</td><td class="time">${milliseconds(span.durationNs)}</td><td class="when"><div class="track${error}"><i style="left:${left};width:${width}"></i></div></td></tr>`;
}

function depthsOf(spans: readonly TraceSpan[]): number[] {
  const depths: number[] = [];
  for (const { index, parent } of spans) depths[index] = parent === undefined ? 0 : (depths[parent] ?? 0) + 1;
  return depths;
}

const percent = (share: number): string => `${(100 * Math.min(Math.max(share, 0), 1)).toFixed(3)}%`;
const milliseconds = (ns: number): string => `${(ns / 1e6).toFixed(3)} ms`;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (text: string): string => text.replace(/[&<>"']/g, (one) => ENTITIES[one] ?? '');

/** A trace: all its spans in time, what each waited for, and the way that made it last. */
import { useMemo } from 'preact/hooks';
import { SPAN_IS_ERROR, type TraceAnswer } from '../../page-api/answers.ts';
import { apiPath, useAnswer } from '../data/api.ts';
import { criticalPath, nameOf, serviceOf, type Tree, treeOf, useOf } from '../data/tree.ts';
import { counted, dateText, durationText, nameText } from '../format.ts';
import { Legend } from '../parts/breakdown.tsx';
import { Exports } from '../parts/exports.tsx';
import { OpenInJaeger } from '../parts/in-jaeger.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { SpeedscopeButton } from '../parts/speedscope.tsx';
import { useTimeView, ZoomButtons } from '../parts/time-view.tsx';
import { Verdict } from '../parts/verdict.tsx';
import { Waterfall } from '../parts/waterfall.tsx';
import { href, route } from '../router.ts';
import { inOrder } from '../time-uses.ts';

export function TracePage() {
  const traceId = route.value.parts[0] ?? '';
  const answer = useAnswer<TraceAnswer>(apiPath(['trace', traceId]));
  return (
    <Loaded answer={answer} isPage>
      {(trace) => <Trace trace={trace} />}
    </Loaded>
  );
}

function Trace({ trace }: { trace: TraceAnswer }) {
  const tree = useMemo(() => treeOf(trace), [trace]);
  const critical = useMemo(() => criticalPath(tree), [tree]);
  const view = useTimeView(tree.startUs, tree.endUs);
  const facts = useMemo(() => factsOf(tree), [tree]);
  const { root } = tree;
  const sentence = trace.texts[trace.verdict[facts.slow] as number];
  return (
    <>
      <div class="head">
        <span class="crumbs">
          Trace <span class="mono">{trace.traceId}</span>
        </span>
        <h1>{nameText(nameOf(trace, root))}</h1>
        <span class="chip strong">{durationText((tree.endUs - tree.startUs) * 1000)}</span>
        <span class="chip">{counted(facts.calls, 'span')}</span>
        <span class="chip">{counted(facts.waits, 'wait')}</span>
        <span class="chip">{facts.services.join(', ')}</span>
        {facts.errors > 0 && <span class="chip error">{counted(facts.errors, 'error')}</span>}
        {trace.left > 0 && <span class="chip error">{counted(trace.left, 'span')} more are not shown</span>}
        <span class="faint">{dateText(tree.startUs)}</span>
        <span class="right">
          <ZoomButtons view={view} />
          <SpeedscopeButton path={apiPath(['trace', trace.traceId, 'export'], { format: 'speedscope' })} />
          <OpenInJaeger traceId={trace.traceId} />
          <Exports traceId={trace.traceId} />
        </span>
      </div>
      {sentence !== undefined && (
        <Verdict sentence={sentence} to={href(['span', trace.traceId, trace.spanId[facts.slow] as string])} />
      )}
      <section class="card flush" aria-label="Waterfall">
        <div class="waterfall-legend">
          <Legend uses={facts.uses} />
          <span class="legend">
            <i class="critical-key" /> critical path
          </span>
        </div>
        <Waterfall tree={tree} view={view} critical={critical} />
      </section>
    </>
  );
}

interface Facts {
  readonly calls: number;
  readonly waits: number;
  readonly errors: number;
  readonly services: readonly string[];
  /** Index of the longest span that says why it was slow, or of the root. */
  readonly slow: number;
  readonly uses: readonly string[];
}

function factsOf({ trace, root }: Tree): Facts {
  const services = new Set<string>();
  const uses: Record<string, number> = {};
  let [waits, errors, slow] = [0, 0, -1];
  for (let index = 0; index < trace.spanId.length; index++) {
    const use = useOf(trace, index);
    if (use !== undefined) {
      waits++;
      uses[use] = 1;
    }
    services.add(serviceOf(trace, index));
    if (((trace.flags[index] as number) & SPAN_IS_ERROR) !== 0) errors++;
    const isSlow = (trace.verdict[index] as number) >= 0;
    if (isSlow && (slow < 0 || (trace.durationNs[index] as number) > (trace.durationNs[slow] as number)))
      slow = index;
  }
  for (const pairs of Object.values(trace.spent))
    for (let at = 0; at < pairs.length; at += 2) uses[trace.texts[pairs[at] as number] ?? ''] = 1;
  return {
    calls: trace.spanId.length - waits,
    waits,
    errors,
    services: [...services],
    slow: slow < 0 ? root : slow,
    uses: inOrder(uses).map(([use]) => use),
  };
}

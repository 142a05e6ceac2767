/**
 * From records to the processors, given what was said of targets before. The one way of all spans, wherever they are made:
 * on the main thread, in the draining thread, from a recording. Knows no kernel and no process.
 */
import { type CodePlace, kernelPlace, type SeenCode } from '../correlate/code-place.ts';
import { type CodeSample, codeSample } from '../correlate/code-sample.ts';
import { derivedSpanId } from '../correlate/derived-id.ts';
import type { SpanFact, SpanFactOf } from '../correlate/fact.ts';
import { goroutineTurns } from '../correlate/goroutine-turns.ts';
import { spanFact } from '../correlate/span-fact.ts';
import { isTimeWrong } from '../correlate/time-spent.ts';
import { windowFact } from '../correlate/window-fact.ts';
import type { FactSink, SpanSink } from '../export/span-sink.ts';
import type { ClockFrame, CodeFrame, ForgetFrame, TargetFrame, TypeNameFrame } from '../recording/format.ts';
import { SCHEMA_URL } from '../span/conventions.ts';
import type { InstrumentationScope } from '../span/readable-span.ts';
import { createResource } from '../span/resource.ts';
import { RoutePatterns } from '../span/route-pattern.ts';
import type { SpanSource } from '../span/span-source.ts';
import type { StatementForm } from '../span/statement-form.ts';
import { TargetRoutes } from '../span/target-routes.ts';
import { withThreshold } from '../span/trace-state.ts';
import type { WaitForm } from '../span/wait-form.ts';
import type { CodeAt, Evidence } from '../verdict/evidence.ts';
import { judge } from '../verdict/judge.ts';
import { RequestGroups } from '../verdict/request-groups.ts';
import type { Batch } from '../wire/batch.ts';
import { type ClockOffset, unixOf } from '../wire/clock-offset.ts';
import { type BadRecord, decodeBatch, isSampled, type RecordVisitor } from '../wire/decode.ts';
import { familyAt } from '../wire/fields.ts';
import {
  type EvGcStop,
  type EvGoroutineTurns,
  type EvSample,
  type EvSpanEnd,
  type EvStack,
  spanFamily,
  spanFlag,
} from '../wire/wire.gen.ts';
import { AwaitedNames } from './awaited-names.ts';
import { CallCounts, type CallSeries, type CallTally } from './call-counts.ts';
import { CodeNames } from './code-names.ts';
import type { CodeSink } from './code-sink.ts';
import { Counters } from './counters.ts';
import { GcWindows } from './gc-windows.ts';
import type { HeldOfSpan } from './held-stacks.ts';
import { HeldTurns } from './held-turns.ts';
import { HeldWaits } from './held-waits.ts';
import { KnownCalls, type Tally } from './known-calls.ts';
import { type FamilyFailure, LiveCheck } from './live-check.ts';
import { LongestWaits } from './longest-waits.ts';
import type { RouteCount, RouteTally } from './route-counts.ts';
import { SlowRequests } from './slow-requests.ts';
import { SpanPipeline, type SpanTarget } from './span-pipeline.ts';
import { Stacks } from './stacks.ts';
import { type GivenUp, type KeepSettings, type Kept, TailKeep, type VisitorOf } from './tail-keep.ts';
import { TargetCounts } from './target-counts.ts';
import { isTelemetryExport } from './telemetry-export.ts';
import { stackSinksOf, ToldStacks } from './told-stacks.ts';
import { Verdicts, type VerdictsOptions } from './verdicts.ts';

/** What spans are made with, beside their records. */
export type ContextFrame = ClockFrame | TargetFrame | TypeNameFrame | CodeFrame | ForgetFrame;

export interface SpanStageOptions {
  readonly processors: readonly (SpanSink | FactSink)[];
  /** How statements to databases are told. Default `sanitized`. */
  readonly dbStatement?: StatementForm | undefined;
  /** Calls that send the program's own telemetry have spans as well. Default false. */
  readonly telemetryExports?: boolean | undefined;
  /** How waits within spans are told. Default `spans`. */
  readonly waits?: WaitForm | undefined;
  /** Requests that take as long, in milliseconds, are slow. Default: see `SlowRequests`. */
  readonly slowMillis?: number | undefined;
  /** Routes of requests that have none, as `route-pattern.ts` has them, without fault. Default: there are none. */
  readonly routes?: readonly string[] | undefined;
  /** Which traces are kept, of those that the kernel has chosen. Default: all. */
  readonly keep?: KeepSettings | undefined;
  readonly onRequest?: VerdictsOptions['onRequest'];
  readonly onFailure?: (targetId: number, failure: FamilyFailure) => void;
  /** Asks for a name of which nothing has been said; the spans that need it wait for its frame, which may come at once. Without it they do not. */
  readonly askTypeName?: (targetId: number, address: number) => void;
  /** Asks for the code at a place, whose frames around it are given; what needs it waits for its frame. Without it nothing does. */
  readonly askCode?: (place: CodePlace, pcs: readonly number[]) => void;
  /** Takes every sample and every wait: level `cpu`. */
  readonly codeSink?: CodeSink | undefined;
  /** Asks for the code of every sample and every wait, whoever needs it. */
  readonly asksAllCode?: boolean | undefined;
}

interface StageTarget extends SpanTarget {
  /** How deep it is looked at, where that is not as deep as was asked for, or deeper. */
  readonly level: string | undefined;
  readonly counts: TargetCounts;
  readonly typeNames: AwaitedNames;
  /** Of all calls, whether they become spans or not; as the live check of those that do. */
  readonly callCheck: LiveCheck;
  /** Undefined where none is to be told. */
  readonly windows: GcWindows | undefined;
}

/** A span that has ended, and what was found of it. */
interface Ended {
  readonly read: SpanFact;
  readonly evidence: Evidence | undefined;
  readonly waits: LongestWaits | undefined;
  readonly kept: Kept | undefined;
  readonly stacks: HeldOfSpan | undefined;
}

const NO_PLACES: readonly CodePlace[] = [];

/** What was counted of one target; plain data. */
export interface TargetReport {
  readonly spans: number;
  readonly routes: readonly RouteCount[];
}

export class SpanStage {
  readonly counters = new Counters();
  readonly #options: SpanStageOptions;
  readonly #targets = new Map<number, StageTarget>();
  readonly #pipeline: SpanPipeline;
  readonly #waits = new HeldWaits((count) => this.counters.lose('wait_without_span', count));
  readonly #turns = new HeldTurns((count) => this.counters.lose('turns_without_span', count));
  readonly #verdicts: Verdicts;
  /** Frames of the stacks that records name. */
  readonly stacks = new Stacks();
  readonly #code: CodeNames;
  readonly #codeAt: CodeAt = (place) => this.#code.framesAt(place);
  readonly #keep: TailKeep | undefined;
  /** Undefined where nobody takes them. */
  readonly #toldStacks: ToldStacks | undefined;
  readonly #waitForm: WaitForm;
  readonly #patterns: RoutePatterns | undefined;
  /** By what requests are like others. */
  readonly groups: RequestGroups;
  /** Undefined as long as nobody wants to know. */
  #calls: CallCounts | undefined;
  readonly #knownCalls = new KnownCalls();
  #countsCalls = false;
  #scope: InstrumentationScope = { name: '' };
  #offset: ClockOffset = [0, 0];

  constructor(options: SpanStageOptions) {
    this.#options = options;
    this.#waitForm = options.waits ?? 'spans';
    const { askCode } = options;
    this.#code = new CodeNames(
      askCode && ((place) => askCode(place, this.stacks.get(place.stackId)?.pcs ?? [])),
    );
    const stackSinks = stackSinksOf(options.processors);
    this.#toldStacks =
      stackSinks.length > 0
        ? new ToldStacks({
            sinks: stackSinks,
            code: this.#code,
            stacks: this.stacks,
            onGivenUp: () => this.counters.lose('stacks_given_up'),
          })
        : undefined;
    const { routes = [] } = options;
    this.#patterns = routes.length > 0 ? new RoutePatterns(routes) : undefined;
    this.groups = new RequestGroups(this.#patterns);
    const slow = new SlowRequests(options.slowMillis, this.groups);
    this.#verdicts = new Verdicts({ slow, onRequest: options.onRequest });
    this.#keep =
      options.keep &&
      new TailKeep(options.keep, slow, {
        onDropped: (spans) => {
          this.counters.notKept += spans;
        },
        onGivenUp: (given) => this.#loseGivenUp(given),
        // Before any is left out: what is counted of calls is counted of all.
        onSpan: (batch, at) => this.#countAt(batch, at),
      });
    this.#pipeline = new SpanPipeline({
      processors: options.codeSink ? [...options.processors, options.codeSink] : options.processors,
      counters: this.counters,
      targetOf: (targetId) => this.#targets.get(targetId),
      ...(options.onFailure && { onFailure: options.onFailure }),
    });
  }

  /** Of the targets that follow. Its schema is that of the conventions here, whoever recorded. */
  set scope(scope: InstrumentationScope) {
    this.#scope = Object.freeze({ ...scope, schemaUrl: SCHEMA_URL });
  }

  /** What was counted of each target, by its id. */
  get countsByTarget(): ReadonlyMap<number, TargetReport> {
    return new Map(
      [...this.#targets].map(([targetId, { counts }]) => [
        targetId,
        { spans: counts.spans, routes: counts.routes.all() },
      ]),
    );
  }

  /** Calls are counted from now on, sampled or not, and others are not. What was counted stays. */
  countCalls(on: boolean): void {
    this.#countsCalls = on;
    if (on) this.#calls ??= new CallCounts();
  }

  /** How long calls took that were counted. */
  calls(): readonly CallSeries[] {
    return this.#calls?.all() ?? [];
  }

  /** Those that have changed since it was asked last. */
  changedCalls(): readonly CallSeries[] {
    return this.#calls?.changed() ?? [];
  }

  take(frame: ContextFrame): void {
    switch (frame.kind) {
      case 'clock':
        this.#offset = frame.offset;
        return;
      case 'target':
        this.#addTarget(frame);
        return;
      case 'type_name':
        this.#targets.get(frame.targetId)?.typeNames.tell(frame.address, frame.name);
        return;
      case 'code':
        this.#code.take(frame.place, frame.frames);
        return;
      case 'forget':
        this.finish(frame.targetId);
        this.#targets.delete(frame.targetId);
        this.#calls?.forget(frame.targetId);
        this.#knownCalls.forget();
        this.#verdicts.know(frame.targetId, undefined);
        this.groups.forget(frame.targetId);
    }
  }

  /**
   * Calls the visitors for the records of a batch that are kept, and returns how many it has. `visitorOf`: with what
   * `takersOf` has, or what calls that later, but before the next batch.
   */
  decode(batch: Batch, visitorOf: VisitorOf): number {
    return this.#keep?.decode(batch, visitorOf) ?? decodeBatch(batch, visitorOf(undefined));
  }

  /** What takes the records that spans are made of, and nothing of others; `kept`: why they are kept, where others are not. */
  takersOf(kept?: Kept) {
    return {
      spanEnd: (record: EvSpanEnd) => {
        const counted = this.#keep ? undefined : this.#countCall(record);
        if (isSampled(record)) this.emit(record, kept, counted);
      },
      goroutineTurns: (record: EvGoroutineTurns) => {
        if (this.#waitForm !== 'none') this.#turns.add(goroutineTurns(record));
      },
      stack: (record: EvStack) => this.stacks.add(record),
      sample: (record: EvSample) => this.#addSample(codeSample(record)),
      // Spans that end from now on may have been hit by it.
      gcStop: (record: EvGcStop) => this.#targets.get(record.header.targetId)?.windows?.add(record),
      bad: (reason: BadRecord) => this.counters.lose(reason),
    } satisfies RecordVisitor;
  }

  #addSample(sample: CodeSample): void {
    const { targetId, span, place, kernelStackId } = sample;
    if (span && place) this.#verdicts.sample(span.spanId, place);
    this.#toldStacks?.addSample(sample);
    this.#see(targetId, place, kernelPlace(kernelStackId), (sink, code, source) =>
      sink.onSample(sample, code, source),
    );
  }

  /** Tells who takes all that is seen of the code, once it is known what stands there. */
  #see(
    targetId: number,
    place: CodePlace | undefined,
    inKernel: CodePlace | undefined,
    tell: (sink: CodeSink, code: SeenCode, source: SpanSource) => void,
  ): void {
    const { codeSink, asksAllCode = false } = this.#options;
    const source = this.#targets.get(targetId)?.source;
    if ((codeSink === undefined && !asksAllCode) || source === undefined) return;
    const places = [place, inKernel].filter((known) => known !== undefined);
    const isCut = place !== undefined && this.stacks.get(place.stackId)?.isCut === true;
    this.#code.whenKnown(targetId, places, () => {
      if (codeSink === undefined) return;
      const [frames = [], kernelFrames = []] = [place, inKernel].map((of) => this.#code.framesAt(of));
      tell(codeSink, { frames, kernelFrames, isCut }, source);
    });
  }

  /** What a record says that was looked at to be counted; one that is no span is nobody's business else. */
  #countCall(record: EvSpanEnd): SpanFact | undefined {
    if (!this.#countsCalls) return undefined;
    const fact = spanFact(record);
    this.#countFact(fact);
    return fact;
  }

  /** The same of a record that may not be looked at any further. */
  #countAt(batch: Batch, at: number): void {
    if (!this.#countsCalls || familyAt(batch, at) === spanFamily.SPAN_FAMILY_WAIT) return;
    this.#knownCalls.count(batch, at, (fact) => this.#countFact(fact));
  }

  /** Returns where it is counted, if it is by now. */
  #countFact(fact: SpanFact): Tally | undefined {
    if (fact.family === 'wait') return undefined;
    const target = this.#targets.get(fact.targetId);
    if (target === undefined) {
      if (!isSampled(fact)) this.counters.lose('target_unknown');
      return undefined;
    }
    const { source, callCheck, typeNames } = target;
    const route = this.#countRequest(fact, target);
    let calls: CallTally | undefined;
    typeNames.when(fact.errorTypeAddr, () => {
      if (callCheck.judge(fact).passes) calls = this.#calls?.add(fact, source);
      else if (!isSampled(fact)) this.counters.lose('implausible');
    });
    return calls && { calls, route, source };
  }

  /** What its time went to, if that is told. Returns where that is counted. */
  #countRequest(fact: SpanFact, { counts, source }: StageTarget): RouteTally | undefined {
    if (fact.time === undefined || fact.spanKind !== 'server' || this.#waitForm === 'none') return undefined;
    return counts.routes.addTime(fact, source, fact.time);
  }

  /** Hands the span of a record over. `counted`: what it says, if that has been looked at already. */
  emit(record: EvSpanEnd, kept?: Kept, counted?: SpanFact): void {
    const read = counted ?? spanFact(record);
    if (read.family === 'wait') {
      if (this.#waitForm !== 'none') this.#waits.add(read);
      this.#toldStacks?.addWait(read);
      if ('place' in read.body)
        this.#see(read.targetId, read.body.place, undefined, (sink, code, source) =>
          sink.onWait(read, code, source),
        );
      return;
    }
    const target = this.#targets.get(read.targetId);
    if (target && !this.#countsCalls) this.#countRequest(read, target);
    if (!this.#options.telemetryExports && isTelemetryExport(read)) {
      this.counters.telemetryExports++;
      this.#waits.take(read.spanId);
      this.#toldStacks?.take(read.spanId);
      return;
    }
    const waits = this.#withWindows(record, read, this.#waits.take(read.spanId));
    const path = this.#turns.take(read);
    const known = path ? { ...read, criticalNs: path.ns } : read;
    const level = target?.level;
    // One whose time is known has ended before its program was looked at less deep.
    const judged = level === undefined || (read.time && level === 'spans') ? known : { ...known, level };
    const evidence = this.#verdicts.on(judged, waits, path, kept?.isSlow);
    if (isTimeWrong(record, read.time)) this.counters.lose('time_inconsistent');
    const places = placesOf(evidence, this.#tellsWaits ? waits : undefined);
    const stacks = this.#toldStacks?.take(read.spanId);
    const ended = { read: judged, evidence, waits, kept, stacks };
    if (places.length === 0) this.#tell(ended);
    else this.#code.whenKnown(read.targetId, places, () => this.#tell(ended));
  }

  /** The code of the places in it is known, as far as it will be. */
  #tell({ read, evidence, waits, kept, stacks }: Ended): void {
    const verdict = evidence && judge(evidence, this.#codeAt);
    const told = waits?.told.map((wait, ordinal) => ({
      ...keptFact(withCode(wait, this.#codeAt), kept),
      spanId: derivedSpanId(read.spanId, ordinal),
      ...(isToldBySdk(read) && { parentSpanId: read.parentSpanId, sdk: 'parent' as const }),
    }));
    const fact = keptFact(this.#told(verdict ? { ...read, verdict } : read, waits, told), kept);
    const teller = isToldBySdk(read) ? read.parentSpanId : read.spanId;
    if (stacks && teller) this.#toldStacks?.tell(stacks, fact, teller);
    const target = this.#targets.get(fact.targetId);
    if (target && verdict) target.counts.routes.addVerdict(fact, target.source, verdict.cause);
    if (target) target.typeNames.when(fact.errorTypeAddr, () => this.#hand(fact, told));
    else this.#hand(fact, told);
  }

  #hand(fact: SpanFact, waits: readonly SpanFactOf<'wait'>[] = []): void {
    if (!isToldBySdk(fact)) this.#pipeline.emit(fact);
    if (this.#waitForm === 'spans') for (const wait of waits) this.#pipeline.emit(wait);
  }

  #loseGivenUp({ spans, waits, turns }: GivenUp): void {
    this.counters.lose('keep_undecided', spans);
    this.counters.lose('wait_without_span', waits);
    this.counters.lose('turns_without_span', turns);
  }

  get #tellsWaits(): boolean {
    return this.#waitForm === 'spans' || this.#waitForm === 'events';
  }

  /** What happened to the whole program counts as a wait of the span, if it is the outermost of its goroutine and its time is known. */
  #withWindows(
    { header, depth }: EvSpanEnd,
    fact: SpanFact,
    waits: LongestWaits | undefined,
  ): LongestWaits | undefined {
    if (depth !== 0 || !(header.flags & spanFlag.SPAN_FLAG_TIME) || !this.#tellsWaits) return waits;
    const windows = this.#targets.get(fact.targetId)?.windows?.over(fact.start, fact.end);
    if (windows === undefined || windows.length === 0) return waits;
    const all = waits ?? new LongestWaits();
    all.lay(windows.map((window) => windowFact(fact, window)));
    return all;
  }

  /** With as much of its waits as is wanted. */
  #told(
    fact: SpanFact,
    waits: LongestWaits | undefined,
    told: readonly SpanFactOf<'wait'>[] | undefined,
  ): SpanFact {
    if (this.#waitForm === 'none')
      return fact.time ? { ...fact, time: undefined, criticalNs: undefined } : fact;
    if (waits === undefined || !this.#tellsWaits) return fact;
    const waitEvents = this.#waitForm === 'events' ? told : undefined;
    return { ...fact, waitsDropped: waits.dropped, waitEvents };
  }

  /** Hands over what is kept of what waits for its root, and what waits for a name: of one target, or of all. */
  finish(targetId?: number): void {
    this.#keep?.finish((kept) => this.takersOf(kept), targetId);
    this.emitWaiting(targetId);
  }

  /** Hands over what waits for a name that may not come any more: of one target, or of all. */
  emitWaiting(targetId?: number): void {
    this.#code.giveUp(targetId);
    for (const [id, { typeNames }] of this.#targets) {
      if (targetId === undefined || id === targetId) typeNames.giveUp();
    }
  }

  #addTarget({ targetId, attributes, facts, waitMinNs = 0 }: TargetFrame): void {
    const { dbStatement, askTypeName } = this.#options;
    this.#verdicts.know(targetId, facts);
    this.#knownCalls.forget();
    const known = this.#targets.get(targetId);
    const typeNames =
      known?.typeNames ?? new AwaitedNames(askTypeName && ((address) => askTypeName(targetId, address)));
    this.#targets.set(targetId, {
      level: facts?.level,
      counts: known?.counts ?? new TargetCounts(),
      liveCheck: known?.liveCheck ?? new LiveCheck(),
      callCheck: known?.callCheck ?? new LiveCheck(),
      typeNames,
      windows: waitMinNs > 0 ? (known?.windows ?? new GcWindows(waitMinNs)) : undefined,
      source: {
        resource: createResource(attributes),
        scope: this.#scope,
        clock: { toUnix: (ktime) => unixOf(ktime, this.#offset) },
        ...(dbStatement && { dbStatement }),
        routes: known?.source.routes ?? new TargetRoutes(this.#patterns),
        groups: this.groups,
        errorTypeName: (address) => typeNames.of(address),
      },
    });
  }
}

/** A span of the target's own says all that one of ours would; of a request, ours tells what the runtime knows. */
const isToldBySdk = ({ sdk, spanKind }: SpanFact): boolean => sdk === 'same' && spanKind !== 'server';

/** Places whose code is told of. */
function placesOf(evidence: Evidence | undefined, told: LongestWaits | undefined): readonly CodePlace[] {
  if (evidence === undefined && told === undefined) return NO_PLACES;
  const seen = evidence?.sampled.map(({ place }) => place) ?? [];
  const waited = evidence?.waits.flatMap(({ place, wakerPlace }) => [place, wakerPlace]) ?? [];
  const spans = told?.told.map(({ body }) => ('use' in body ? body.place : undefined)) ?? [];
  return [...seen, ...waited, ...spans].filter((place) => place !== undefined);
}

function withCode(wait: SpanFactOf<'wait'>, codeAt: CodeAt): SpanFactOf<'wait'> {
  const { body } = wait;
  const code = 'use' in body ? codeAt(body.place) : undefined;
  return code ? { ...wait, isBodyShared: false, body: { ...body, code } as typeof body } : wait;
}

/** As a span of a kept trace says it. */
function keptFact<Fact extends SpanFact>(fact: Fact, kept: Kept | undefined): Fact {
  if (kept === undefined) return fact;
  const { reason, threshold } = kept;
  if (threshold === undefined) return { ...fact, kept: reason };
  return { ...fact, kept: reason, traceState: withThreshold(fact.traceState, threshold) };
}

/** What the page is told of the tracer in whose process it runs. Pure: shapes only. */

/** A program that is traced, or has been. */
export interface AgentTarget {
  readonly service: string;
  readonly pid: number;
  readonly exe: string;
  readonly isEnded: boolean;
  readonly spans: number;
  /** Hooks that are not attached though it has their functions: why, and what is not seen by that. At most 200. */
  readonly missing: readonly { readonly hook: string; readonly why: string; readonly without: string }[];
  /** Such hooks that are not among them. */
  readonly moreMissing: number;
  /** Hooks of what the program does not have. */
  readonly absent: number;
  /** Why it is not looked at as deep as was asked. */
  readonly notDeeper?: string;
}

/** Columns of the same length, oldest first: a point each {@link everyMs}, and one where the level changed. */
export interface AgentSeries {
  readonly everyMs: number;
  /** Unix time. */
  readonly atUs: readonly number[];
  /** Of the processors that the targets may use, what probes took in the second before; null: no budget is kept, so nobody knows. */
  readonly used: readonly (number | null)[];
  /** What they may take. */
  readonly limit: readonly (number | null)[];
  /** Index in {@link AgentState.levels}. */
  readonly level: readonly number[];
  /** Records and spans lost since the point before, for whatever reason. */
  readonly lost: readonly number[];
}

export interface AgentState {
  /** From the least deep. */
  readonly levels: readonly string[];
  readonly level: { readonly now: string; readonly asked: string };
  /** Absent where none is kept. */
  readonly budget?: {
    readonly limit: number;
    readonly used: number;
    /** False: the kernel does not measure programs, what they take is a constant. */
    readonly isMeasured: boolean;
  };
  /** Of traces that begin here, 0 to 1; `parentBased`: of others their caller decides. */
  readonly sampler: { readonly share: number; readonly parentBased: boolean };
  /** Absent: all that are sampled are kept. */
  readonly keep?: { readonly slow: boolean; readonly error: boolean; readonly ratio: number };
  /** The newest, at most 100. */
  readonly targets: readonly AgentTarget[];
  /** Targets that are not among them. */
  readonly moreTargets: number;
  /** By reason, without zeros, between the kernel and the exporters. */
  readonly losses: Readonly<Record<string, number>>;
  /** Spans that nobody wanted and what else is no loss, without zeros. */
  readonly notes: Readonly<Record<string, number>>;
  /** What happened, in words, oldest first: the last 50. */
  readonly events: readonly { readonly atUs: number; readonly text: string }[];
  readonly series: AgentSeries;
}

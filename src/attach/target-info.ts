/** What is told of a target. Owns the type. */

/** A traced process. */
export interface TargetInfo {
  /** Unique for the life of the tracer. */
  readonly targetId: number;
  readonly pid: number;
  readonly exe: string;
  readonly serviceName: string;
  readonly goVersion?: string;
}

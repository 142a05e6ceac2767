/** What a profile is made of, live or of a recording. Owns the type. */
import type { CodeEvents } from '../profile/code-events.ts';
import type { TimeWindow } from '../profile/profile-of.ts';
import type { TargetInfo } from '../tracer/api.ts';
import type { FetchedGoProfile } from './go-profile-request.ts';

/** What was seen, of whom, and when. */
export interface CollectedProfile {
  readonly events: CodeEvents;
  readonly processes: ReadonlyMap<number, TargetInfo>;
  /** Undefined: all of it. */
  readonly window: TimeWindow | undefined;
  readonly goProfile?: FetchedGoProfile | undefined;
  /** What has failed on the way. */
  readonly exitCode: number;
  /** Records for which there was no room. */
  readonly lost: number;
}

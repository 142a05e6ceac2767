/** What is told when targets are looked at deeper since a route has become slow. Owns the type. */
import type { TargetInfo } from '../attach/target-info.ts';
import type { ProbeLevel } from '../probes/hook.ts';

/** Targets are looked at deeper since a route has become slow; or they are not any more. */
export type RaiseEvent =
  | {
      readonly kind: 'raised';
      /** Whose route it is; all targets are looked at as deep. */
      readonly target: TargetInfo;
      /** E.g. `GET /items/{id}`. */
      readonly route: string;
      /** What 99 of 100 of its requests take at most: of late, and in the minutes before. */
      readonly p99Millis: number;
      readonly usualMillis: number;
      readonly level: ProbeLevel;
      readonly seconds: number;
    }
  | {
      readonly kind: 'raise_ended';
      /** That they are looked at from then on. */
      readonly level: ProbeLevel;
    };

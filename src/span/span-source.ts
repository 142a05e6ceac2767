/** What a target adds to its facts. Owns the type. */
import type { HrTime } from '@opentelemetry/api';
import type { Ktime } from '../correlate/fact.ts';
import type { InstrumentationScope, Resource } from './readable-span.ts';
import type { StatementForm } from './statement-form.ts';
import type { TargetRoutes } from './target-routes.ts';

/** What requests of one route, or of none, have in common; `path`: there is none, and it tells more. */
export interface Grouping {
  nameOf(targetId: number, route: string, path: string | undefined): string;
}

/** All that a target adds to a fact. Make one per target and keep it. */
export interface SpanSource {
  /** One frozen object per target: serializers group by its identity. */
  readonly resource: Resource;
  /** One frozen object for all targets. */
  readonly scope: InstrumentationScope;
  /** Kernel time to Unix time, both in integer seconds and nanoseconds. */
  readonly clock: { toUnix(ktime: Ktime): HrTime };
  /** How statements to databases are told. Default `sanitized`. */
  readonly dbStatement?: StatementForm;
  /** Default: those that the program tells, however many. */
  readonly routes?: TargetRoutes;
  /** By what requests are like others that have no route. Default: by their method. */
  readonly groups?: Grouping;
  /** Go type (`*net.OpError`) at a run-time address of the target; undefined when not known. */
  errorTypeName(addr: number): string | undefined;
}

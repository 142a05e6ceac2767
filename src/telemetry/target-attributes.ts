/** By which attributes the metrics of a traced program are told from those of others. */
import type { Attributes } from '@opentelemetry/api';
import type { DurationBucket, TargetInfo, TargetStats } from '../tracer/api.ts';

export const targetAttributes = ({
  serviceName,
  pid,
}: Pick<TargetInfo, 'serviceName' | 'pid'>): Attributes => ({
  'service.name': serviceName,
  'process.pid': pid,
});

/** The slow ways to memory of a target, with their buckets. */
export function slowWaysOf({ slowAllocations }: TargetStats): [string, readonly DurationBucket[]][] {
  return Object.entries<readonly DurationBucket[]>({ ...slowAllocations });
}

/** Whose call it was, and of what. */
export function allocationAttributes(target: TargetStats, name: string): Attributes {
  return { ...targetAttributes(target), 'code.function.name': name };
}

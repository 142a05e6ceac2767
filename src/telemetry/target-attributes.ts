/** By which attributes the metrics of a traced program are told from those of others. */
import type { Attributes } from '@opentelemetry/api';
import type { TargetInfo } from '../tracer/api.ts';

export const targetAttributes = ({
  serviceName,
  pid,
}: Pick<TargetInfo, 'serviceName' | 'pid'>): Attributes => ({
  'service.name': serviceName,
  'process.pid': pid,
});

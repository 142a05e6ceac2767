import type { GoidspanError } from '../errors.ts';
import type { SamplerSettings } from '../export/sampler.ts';
import type { SpanSink } from '../export/span-sink.ts';
export interface TracerOptions {
  readonly processors: readonly SpanSink[];
  readonly sampler?: SamplerSettings;
  readonly serviceName?: string;
  readonly onEvent?: (event: TracerEvent) => void;
}
export type TracerEvent =
  | {
      kind: 'attached';
      target: TargetInfo;
      hooks: readonly string[];
      missing: readonly { hook: string; why: string; without?: string }[];
    }
  | { kind: 'refused'; pid: number; exe: string; error: GoidspanError }
  | { kind: 'ended'; target: TargetInfo }
  | { kind: 'warning'; message: string };
export interface TargetInfo {
  readonly targetId: number;
  readonly pid: number;
  readonly exe: string;
  readonly serviceName: string;
  readonly goVersion?: string;
}
export interface Tracer {
  attachPid(pid: number): Promise<TargetInfo>;
  attachCommand(pid: number, command: string): Promise<TargetInfo | undefined>;
  followExecutables(globs: readonly string[]): Promise<number>;
  stats(): Promise<TracerStats>;
  close(): Promise<TracerStats>;
}
export interface TracerStats {
  spans: { ended: number; byKind: { server: number; client: number } };
  hits: { total: number; byProbe: Record<string, number>; meanNsByProbe: Record<string, number> };
  lost: { total: number; byReason: Record<string, number> };
  targets: readonly (TargetInfo & { attachedAt: string; endedAt?: string; spans: number })[];
}

/** The row of `target_by_slot` that tells the BPF programs about one target. Pure. */
import { addressKey } from '../probes/addresses.ts';
import type { RowPart } from '../probes/hook.ts';
import type { AttachPlan } from '../probes/plan.ts';
import { useOfReason } from '../probes/wait-uses.ts';
import type { Ktime } from '../wire/batch.ts';
import {
  type GoSource,
  rowSources,
  type TargetRow,
  targetFlag,
  timeLimit,
  timeUse,
  wireLimit,
} from '../wire/wire.gen.ts';

/** Where the code of a target is. */
export interface Location {
  /** Undefined before it was executed. */
  readonly loadBias: number | undefined;
  /** Link-time address at which it begins. */
  readonly codeStart: number;
  /** … and behind which there is none. */
  readonly codeEnd: number;
}

/** Makes the row of a target of that program. */
export function targetRow(plan: AttachPlan, targetId: number, tgid: number, location: Location): TargetRow {
  const parts = partsOf(plan);
  const { net } = parts;
  // A server may lack the client's fields and the other way round, but the way from a net.Conn to its descriptor is needed.
  const canReadConnections = ![net.connFd, net.fdPfd, net.pollFdSysfd].includes(wireLimit.GO_OFFSET_ABSENT);
  return {
    ...parts,
    targetId,
    tgid,
    flags:
      (plan.hasSwissMaps ? targetFlag.TARGET_SWISS_MAPS : 0) |
      (location.loadBias === undefined ? targetFlag.TARGET_UNLOCATED : 0),
    loadBias: BigInt(location.loadBias ?? 0),
    codeStart: location.codeStart,
    codeEnd: location.codeEnd,
    timeSinceKtimeNs: [0, 0],
    allocsSinceKtimeNs: [0, 0],
    stopsSlot: 0,
    schedRunqsize: plan.runtime.runqsize ?? 0,
    gTlsOffset: plan.goroutineTls ?? 0,
    timeByReason: timeByReason(plan.waitReasons),
    net: canReadConnections ? net : { ...net, tcpConnType: 0 },
  };
}

/** What is watched of a target's time beside its spans. */
export interface TimeWatch {
  /** When that began. */
  readonly since: Ktime;
  /** Where in its code goroutines are is told. */
  readonly seesStacks: boolean;
  /** What its runtime does is watched, too: stops of the world, and slow ways to memory. */
  readonly runtime?: { readonly slot: number; readonly since: Ktime } | undefined;
}

/** The same row with goroutines' time watched; undefined: not. */
export function rowWithTime(row: TargetRow, watch: TimeWatch | undefined): TargetRow {
  const runtime = watch?.runtime;
  return {
    ...row,
    flags: watch?.seesStacks ? row.flags | targetFlag.TARGET_STACKS : row.flags & ~targetFlag.TARGET_STACKS,
    timeSinceKtimeNs: watch?.since ?? [0, 0],
    allocsSinceKtimeNs: runtime?.since ?? [0, 0],
    stopsSlot: runtime ? runtime.slot + 1 : 0,
  };
}

/** Of numbers for which the program has no reason, and of those beyond the row, it says `TIME_OTHER`. */
function timeByReason(waitReasons: readonly string[]): Uint8Array {
  const uses = new Uint8Array(timeLimit.WAIT_REASONS_MAX).fill(timeUse.TIME_OTHER);
  uses.set(waitReasons.slice(0, uses.length).map(useOfReason));
  return uses;
}

/** The same row for a target whose probes are about to go: no span begins any more. */
export function detachingRow(row: TargetRow): TargetRow {
  return { ...row, flags: row.flags | targetFlag.TARGET_DETACHING };
}

/** Every part of the row, as the plan found what is in it. */
function partsOf(plan: AttachPlan): Pick<TargetRow, RowPart> {
  const offsets = new Map(plan.fields.map(({ wanted, offset }) => [wanted, offset]));
  const found = (source: GoSource): number =>
    source.what === 'field'
      ? (offsets.get(source.name.replace(/\?$/, '')) ?? wireLimit.GO_OFFSET_ABSENT)
      : (plan.addresses[addressKey(source)] ?? 0);
  const partOf = (sources: Readonly<Record<string, GoSource>>) =>
    Object.fromEntries(Object.entries(sources).map(([member, source]) => [member, found(source)]));
  return Object.fromEntries(
    Object.entries(rowSources).map(([part, sources]) => [part, partOf(sources)]),
  ) as unknown as Pick<TargetRow, RowPart>;
}

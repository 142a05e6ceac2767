/** The row of `target_by_slot` that tells the BPF programs about one target. Pure. */
import type { AttachPlan } from '../probes/plan.ts';
import { type TargetRow, targetFlag, targetRowGoFields, wireLimit } from '../wire/wire.gen.ts';

type OffsetName = keyof typeof targetRowGoFields;

/** Where the code of a target is. */
export interface Location {
  /** Undefined before it was executed. */
  readonly loadBias: number | undefined;
  /** Link-time address at which it begins. */
  readonly codeStart: number;
}

/** Makes the row of a target of that program. */
export function targetRow(plan: AttachPlan, targetId: number, tgid: number, location: Location): TargetRow {
  const offsets = offsetsOf(plan);
  return {
    targetId,
    tgid,
    flags:
      (plan.hasSwissMaps ? targetFlag.TARGET_SWISS_MAPS : 0) |
      (location.loadBias === undefined ? targetFlag.TARGET_UNLOCATED : 0),
    reserved: 0,
    padding: 0,
    loadBias: BigInt(location.loadBias ?? 0),
    codeStart: location.codeStart,
    backgroundReadEntry: plan.backgroundReadEntry ?? 0,
    skipAltProtocol: plan.skipAltProtocol ?? 0,
    tcpConnType: canReadConnections(offsets) ? (plan.tcpConnType ?? 0) : 0,
    ...offsets,
  };
}

/** The same row for a target whose probes are about to go: no span begins any more. */
export function detachingRow(row: TargetRow): TargetRow {
  return { ...row, flags: row.flags | targetFlag.TARGET_DETACHING };
}

/** A server may lack the client's fields and the other way round, but the way from a net.Conn to its descriptor is needed. */
function canReadConnections(offsets: Record<OffsetName, number>): boolean {
  const way = [offsets.netConnFd, offsets.netFdPfd, offsets.pollFdSysfd];
  return !way.includes(wireLimit.GO_OFFSET_ABSENT);
}

function offsetsOf(plan: AttachPlan): Record<OffsetName, number> {
  const byField = new Map(plan.fields.map((field) => [field.wanted, field.offset]));
  const entries = Object.entries(targetRowGoFields).map(([member, wanted]): [string, number] => [
    member,
    byField.get(wanted.replace(/\?$/, '')) ?? wireLimit.GO_OFFSET_ABSENT,
  ]);
  return Object.fromEntries(entries) as Record<OffsetName, number>;
}

/**
 * Plans by build id, so that a program that is started again, or lies in another container layer, is not planned again.
 * A build id is only a claim: a plan is taken for another file only if that has the same instruction at every site.
 */
import type { ByteSource } from '../binary/byte-source.ts';
import type { GoBinary } from '../binary/go-binary.ts';
import type { AttachPlan } from '../probes/plan.ts';

/** A plan has about 10 kB. */
const PLANS_MAX = 64;

export class PlanCache {
  readonly #byBuild = new Map<string, { readonly plan: AttachPlan; readonly code: Uint8Array }>();

  /** The plan of an earlier call for the same build, or that which `make` makes. */
  async planOf(binary: GoBinary, source: ByteSource, make: () => Promise<AttachPlan>): Promise<AttachPlan> {
    const { buildId } = binary;
    const key = buildId === undefined ? undefined : `${buildId} ${source.size}`;
    const known = key === undefined ? undefined : this.#byBuild.get(key);
    if (known && Buffer.compare(known.code, codeAt(known.plan, source)) === 0) return known.plan;
    const plan = await make();
    if (key === undefined) return plan;
    const oldest = this.#byBuild.keys().next();
    if (this.#byBuild.size >= PLANS_MAX && !oldest.done) this.#byBuild.delete(oldest.value);
    this.#byBuild.set(key, { plan, code: codeAt(plan, source) });
    return plan;
  }
}

/** The instructions at the sites, one after the other. */
function codeAt(plan: AttachPlan, source: ByteSource): Uint8Array {
  const sites = plan.hooks.flatMap((hook) => hook.sites);
  return Buffer.concat(sites.map((site) => source.read(site.fileOffset, site.bytes)));
}

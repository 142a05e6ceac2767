/** A row of the matrix: one kernel in one mode, what it was asked, and what came of it. */
import { lastWordsIn, stumbleOfEmulator, troubleIn } from './console-log.ts';
import { judge, type LoadDone, type Losses, lossesOf, type Verdict } from './judge.ts';
import type { KernelImage } from './kernel-images.ts';
import { matrixKinds, stressKinds } from './kinds.ts';
import { type Machine, type Remains, runMachine, type Task } from './machine.ts';
import { spansOf } from './spans.ts';

export type Preemption = 'none' | 'voluntary' | 'full' | 'lazy';

/** What a row is to show. */
export interface RowPlan {
  readonly kernel: KernelImage;
  /** Asked of the kernel; by default it decides. */
  readonly preemption?: Preemption;
  readonly lockdown?: 'integrity';
  /** goidspan runs as an ordinary user who holds the three capabilities. */
  readonly unprivileged?: boolean;
  readonly steps: Task['steps'];
  readonly requests: number;
  readonly stressSeconds: number;
}

/** What it shows. */
export interface Row {
  /** As Debian and Go name it. */
  readonly processor: string;
  readonly kernel: string;
  /** In force, as the kernel says; before it can say so, as it was asked. */
  readonly preemption: string;
  /** Modes that the kernel has. */
  readonly modes: readonly string[];
  /** Lockdown, rights and stress. */
  readonly variant: string;
  readonly requests: number;
  readonly spans: number;
  readonly spansRight: number;
  readonly parents: number;
  readonly parentsRight: number;
  readonly logClean: boolean;
  readonly links: string;
  /** Verified instructions of all programs of the object that is loaded. */
  readonly verified: number;
  readonly verifiedByProgram: Readonly<Record<string, number>>;
  /** What `doctor` came to. */
  readonly doctor: string;
  readonly seconds: number;
  /** What is worth knowing and no fault of goidspan. */
  readonly notes: readonly string[];
  /** Why the row is short; none if it is not. */
  readonly faults: readonly string[];
}

const BOOT_MS = 120_000;
const STEP_MS = 120_000;

/** Boots the kernel and judges what it left. */
export async function makeRow(
  plan: RowPlan,
  machine: Pick<Machine, 'architecture' | 'initramfs'>,
): Promise<Row> {
  const { kernel, preemption, lockdown, steps, requests, stressSeconds: seconds } = plan;
  const words = [
    ...(preemption ? [`preempt=${preemption}`] : []),
    ...(lockdown ? ['lsm=lockdown,capability', `lockdown=${lockdown}`] : []),
  ];
  const limitMs = BOOT_MS + steps.length * STEP_MS + 2_000 * seconds;
  const task = { steps, requests, seconds, unprivileged: plan.unprivileged ?? false };
  const boot = (): Promise<Remains> => runMachine({ ...machine, kernel: kernel.path, words, limitMs }, task);
  const remains = await boot();
  const stumble = stumbleOfEmulator(remains.console);
  const { debian } = machine.architecture;
  if (stumble === undefined) return new RowReader(plan, remains, debian).read();
  const row = new RowReader(plan, await boot(), debian).read();
  return { ...row, notes: [`booted a second time after: ${stumble}`] };
}

interface Facts {
  readonly preemption: string;
  readonly modes: readonly string[];
  readonly lockdown: string;
  readonly steps: Readonly<Record<string, { readonly milliseconds: number; readonly error?: string }>>;
}

/** What a step saw of the kernel (`guest/kernel.go`). */
interface KernelState {
  readonly links: string;
  readonly during: number;
  readonly left: readonly string[];
  readonly changedDuring: readonly string[];
  readonly changedAfter: readonly string[];
}

interface LoadedAlone {
  readonly object: string;
  readonly name: string;
  readonly verified: number;
  readonly refused?: string;
}

interface Summary {
  readonly lost: Losses;
}

class RowReader {
  readonly #plan: RowPlan;
  readonly #remains: Remains;
  readonly #processor: string;
  readonly #faults: string[] = [];

  constructor(plan: RowPlan, remains: Remains, processor: string) {
    this.#plan = plan;
    this.#remains = remains;
    this.#processor = processor;
  }

  read(): Row {
    const { kernel, preemption, steps } = this.#plan;
    const trouble = troubleIn(this.#remains.console);
    const facts = this.#json<Facts>('facts.json');
    if (facts) this.#readFacts(facts);
    else this.#faults.push(this.#whyNothing());
    if (trouble.length > 0) this.#faults.push(`the kernel says:\n${trouble.join('\n')}`);
    const programs = facts && steps.includes('programs') ? this.#readPrograms() : {};
    const verdicts = facts ? this.#verdicts() : [];
    const sum = (of: (verdict: Verdict) => number): number =>
      verdicts.reduce((total, verdict) => total + of(verdict), 0);
    return {
      processor: this.#processor,
      kernel: kernel.version,
      preemption: facts?.preemption ?? preemption ?? '?',
      modes: facts?.modes ?? [],
      variant: this.#variant(),
      requests: sum(({ requests }) => requests),
      spans: sum(({ spans }) => spans),
      spansRight: sum(({ spansRight }) => spansRight),
      parents: sum(({ parents }) => parents),
      parentsRight: sum(({ parentsRight }) => parentsRight),
      logClean: trouble.length === 0 && facts !== undefined,
      links: facts ? this.#readKernelStates() : '-',
      verified: Object.values(programs).reduce((total, count) => total + count, 0),
      verifiedByProgram: programs,
      doctor: facts && steps.includes('doctor') ? this.#readDoctor() : '-',
      seconds: this.#remains.seconds,
      notes: [],
      faults: this.#faults,
    };
  }

  #variant(): string {
    const { lockdown, unprivileged, steps, stressSeconds } = this.#plan;
    return [
      ...(lockdown ? [`lockdown=${lockdown}`] : []),
      ...(unprivileged ? ['three capabilities'] : []),
      ...(steps.includes('stress') ? [`stress ${stressSeconds} s`] : []),
    ].join(', ');
  }

  #json<T>(name: string): T | undefined {
    const text = this.#remains.files.get(name);
    try {
      return text === undefined ? undefined : (JSON.parse(text) as T);
    } catch {
      this.#faults.push(`${name} cannot be read: ${text?.slice(0, 200)}`);
      return undefined;
    }
  }

  #whyNothing(): string {
    const { timedOut, seconds, console } = this.#remains;
    const how = timedOut ? 'did not end in time' : 'ended without results';
    return `the machine ${how} (${seconds} s); last words: ${lastWordsIn(console)}`;
  }

  #readFacts({ preemption, lockdown, steps }: Facts): void {
    const asked = this.#plan;
    for (const [name, { error }] of Object.entries(steps)) {
      if (error !== undefined) this.#faults.push(`step ${name}: ${error}`);
    }
    if (asked.preemption !== undefined && preemption !== asked.preemption) {
      this.#faults.push(`preemption is ${preemption}, not ${asked.preemption}`);
    }
    if (asked.lockdown !== undefined && !lockdown.includes(`[${asked.lockdown}]`)) {
      this.#faults.push(`lockdown is "${lockdown}", not ${asked.lockdown}`);
    }
  }

  /** Verified instructions by program of the one object that this kernel takes. */
  #readPrograms(): Record<string, number> {
    const loaded = this.#json<LoadedAlone[]>('programs.json') ?? [];
    const objects = [...new Set(loaded.map(({ object }) => object))];
    const refusedOf = (object: string): LoadedAlone[] =>
      loaded.filter((program) => program.object === object && program.refused !== undefined);
    const taken = objects.find((object) => refusedOf(object).length === 0);
    if (taken === undefined) {
      for (const { object, name, refused } of objects.flatMap(refusedOf)) {
        this.#faults.push(`${name} of ${object} is refused: ${refused}`);
      }
    }
    const shown = loaded.filter(({ object }) => object === taken);
    return Object.fromEntries(shown.map(({ name, verified }) => [name, verified]));
  }

  #readDoctor(): string {
    const verdict = this.#json<{ verdict: string }>('doctor.json')?.verdict ?? 'nothing';
    if (verdict !== 'ok' && verdict !== 'degraded') this.#faults.push(`doctor says ${verdict}`);
    return verdict;
  }

  #readKernelStates(): string {
    const links = new Set<string>();
    for (const step of ['run', 'attach', 'kill'] as const) {
      const state = this.#json<KernelState>(`${step}-kernel.json`);
      if (state === undefined) continue;
      links.add(state.links);
      if (state.left.length > 0) this.#faults.push(`${step} left ${state.left.join(', ')}`);
      if (step === 'run') continue;
      if (state.during === 0) this.#faults.push('no BPF program was seen while attached');
      if (state.changedDuring.length === 0) this.#faults.push('no probe was seen in the code of the server');
      for (const place of state.changedAfter) this.#faults.push(`code is not as it was: ${place}`);
    }
    return [...links].join('+') || '-';
  }

  #verdicts(): Verdict[] {
    return this.#plan.steps
      .filter((step) => step === 'run' || step === 'attach' || step === 'stress')
      .flatMap((step) => {
        const did = this.#json<LoadDone>(`${step}-load.json`);
        if (did === undefined) return [];
        const spans = spansOf(this.#remains.files.get(`${step}.jsonl`) ?? '');
        const verdict = judge(step === 'stress' ? stressKinds : matrixKinds, did, spans);
        const summary = this.#json<Summary>(`${step}-summary.json`);
        const lost = summary ? lossesOf(summary.lost, step === 'stress') : { summary: 1 };
        if (Object.keys(lost).length > 0) this.#faults.push(`${step} lost ${JSON.stringify(lost)}`);
        this.#faults.push(...verdict.faults.map((fault) => `${step}: ${fault}`));
        return [verdict];
      });
  }
}

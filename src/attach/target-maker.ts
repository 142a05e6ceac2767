/** Makes targets of processes: each gets a number that is never used again, a free row in the kernel's table, a resource. */
import { GoidspanError } from '../errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { ProbeLevel } from '../probes/hook.ts';
import { malformedAttributes } from '../process/environment.ts';
import { readHost } from '../process/host.ts';
import type { ProcessFacts } from '../process/process.ts';
import { resourceOf } from '../process/resource.ts';
import type { TargetFrame } from '../recording/format.ts';
import { VERSION } from '../version.ts';
import { wireLimit } from '../wire/wire.gen.ts';
import type { Program } from './program.ts';
import { Target } from './target.ts';
import type { TargetInfo } from './target-info.ts';

export interface TargetMakerOptions {
  readonly kernel: Kernel;
  /** Instead of what the environment of each process says. */
  readonly serviceName: string | undefined;
  /** Told what is wrong with a process but does not keep it from being traced. */
  readonly warn: (message: string) => void;
  /** How deep new targets are looked at. */
  readonly level: () => ProbeLevel;
}

export class TargetMaker {
  readonly #options: TargetMakerOptions;
  readonly #host = readHost('/proc');
  readonly #freeSlots = Array.from(
    { length: wireLimit.TARGETS_MAX },
    (_, slot) => wireLimit.TARGETS_MAX - 1 - slot,
  );
  #lastTargetId = 0;

  constructor(options: TargetMakerOptions) {
    this.#options = options;
  }

  /** Throws `kernel_refused` when all slots are in use. */
  make(facts: ProcessFacts, program: Program): Target {
    const slot = this.#freeSlots.pop();
    if (slot === undefined) {
      throw new GoidspanError(
        'kernel_refused',
        `cannot attach to pid ${facts.pid}: all ${wireLimit.TARGETS_MAX} target slots are in use (start another goidspan)`,
      );
    }
    const { kernel, serviceName, warn, level } = this.#options;
    const { attributes } = resourceOf(facts, {
      host: this.#host,
      agentVersion: VERSION,
      serviceName,
      goVersion: program.goVersion,
      onMalformed: (member) => warn(malformedAttributes(member, ` of pid ${facts.pid} (${facts.exe})`)),
    });
    const info: TargetInfo = {
      targetId: ++this.#lastTargetId,
      pid: facts.pid,
      exe: facts.exe,
      serviceName: String(attributes['service.name']),
      ...(program.goVersion === undefined ? {} : { goVersion: program.goVersion }),
    };
    return new Target(
      kernel,
      slot,
      facts,
      program,
      info,
      attributes as TargetFrame['attributes'],
      level(),
      warn,
    );
  }

  /** The slot of a target that has been detached may be used again. */
  release(target: Target): void {
    this.#freeSlots.push(target.slot);
  }
}

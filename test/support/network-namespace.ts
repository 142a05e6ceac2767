/** A network namespace of its own, with a link to that of the test. */
import { execFileSync } from 'node:child_process';
import { onTestFinished } from 'vitest';
import type { Requirement } from './capabilities.ts';
import { Child } from './child.ts';

/** Can there be namespaces, and links between them? */
export const networkNamespaces: Requirement = () => {
  try {
    const probe = `gsp${process.pid}`;
    execFileSync('ip', ['link', 'add', `${probe}a`, 'type', 'veth', 'peer', 'name', `${probe}b`]);
    execFileSync('ip', ['link', 'del', `${probe}a`]);
    return undefined;
  } catch {
    return 'no network namespaces with links (needs root, iproute2 and veth)';
  }
};

/** From RFC 2544, for tests of networks: nobody else has them. */
const networkOf = (number: number): string => `198.18.${number}`;

export class NetworkNamespace {
  /** Of its own end of the link. */
  readonly address: string;
  readonly #name: string;

  /** Goes with the test. `number`: 0 to 255, another one for each that is there at once. */
  constructor(number: number) {
    const network = networkOf(number);
    this.address = `${network}.2`;
    this.#name = `goidspan-${process.pid}-${number}`;
    const [ours, theirs] = [`gs${process.pid}-${number}`, 'eth0'];
    const ip = (...words: string[]) => execFileSync('ip', words);
    ip('netns', 'add', this.#name);
    onTestFinished(() => void ip('netns', 'del', this.#name));
    ip('link', 'add', ours, 'type', 'veth', 'peer', 'name', theirs, 'netns', this.#name);
    ip('addr', 'add', `${network}.1/24`, 'dev', ours);
    ip('link', 'set', ours, 'up');
    ip('-n', this.#name, 'addr', 'add', `${this.address}/24`, 'dev', theirs);
    ip('-n', this.#name, 'link', 'set', theirs, 'up');
    ip('-n', this.#name, 'link', 'set', 'lo', 'up');
  }

  /** Nothing goes over it while its own end is down. */
  setLink(state: 'up' | 'down'): void {
    execFileSync('ip', ['-n', this.#name, 'link', 'set', 'eth0', state]);
  }

  start(command: string, env: Readonly<Record<string, string>>): Child {
    return new Child('ip', ['netns', 'exec', this.#name, command], { env });
  }
}

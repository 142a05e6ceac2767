/** Which core runs what: the service has one to itself, as far as there are two. */
import { availableParallelism } from 'node:os';
import { Child, type ChildOptions } from '../support/child.ts';

/** Of the service; everything else goes to the other. */
export type Core = 'service' | 'rest' | 'any';

const first: Readonly<Record<Core, readonly string[]>> = {
  service: ['taskset', '-c', '0'],
  rest: ['taskset', '-c', '1'],
  any: [],
};

/** Starts a command on that core. */
export function start(core: Core, command: string, args: readonly string[], options?: ChildOptions): Child {
  const [program, ...words] = [...(availableParallelism() > 1 ? first[core] : []), command, ...args];
  return new Child(program ?? command, words, options);
}

/**
 * Stacks of a file, added up to a flame graph. The file is hostile: frames and depth are bounded, and what had no room is counted.
 */
import type { FlameAnswer } from '../../page-api/answers.ts';

/** That are drawn, and that are looked at for these. */
const FRAMES_MAX = 50_000;
const NODES_MAX = 500_000;
/** Frames of a stack; of a deeper one the outermost. */
export const DEPTH_MAX = 512;

export interface TreeFrame {
  /** Indexes of {@link FlameTree.text}. */
  readonly name: number;
  readonly file: number;
  readonly line: number;
  /** It is no function but what was waited for. */
  readonly isWait?: boolean;
}

interface Node {
  readonly frame: TreeFrame;
  ns: number;
  readonly below: Map<number, Node>;
}

const nodeOf = (frame: TreeFrame): Node => ({ frame, ns: 0, below: new Map() });

export class FlameTree {
  readonly #texts: string[] = [''];
  readonly #indexes = new Map<string, number>([['', 0]]);
  readonly #root = nodeOf({ name: 0, file: 0, line: 0 });
  #nodes = 0;
  #seen = 0;
  #lost = 0;

  text(value: string): number {
    let index = this.#indexes.get(value);
    if (index === undefined) {
      index = this.#texts.push(value) - 1;
      this.#indexes.set(value, index);
    }
    return index;
  }

  /** `stack`: outermost first. `seen`: how often. */
  add(stack: readonly TreeFrame[], ns: number, seen: number): void {
    const depth = Math.min(stack.length, DEPTH_MAX);
    if (this.#nodes + depth > NODES_MAX) {
      this.#lost += seen;
      return;
    }
    this.#seen += seen;
    this.#root.ns += ns;
    let node = this.#root;
    for (let at = 0; at < depth; at++) {
      const frame = stack[at] as TreeFrame;
      const key = 2 * frame.name + Number(frame.isWait ?? false);
      let next = node.below.get(key);
      if (!next) {
        next = nodeOf(frame);
        node.below.set(key, next);
        this.#nodes++;
      }
      next.ns += ns;
      node = next;
    }
  }

  /** `isCpu`: its time was spent on processors, not waiting. `spent`: the same by what it was spent on. */
  answer(
    isCpu: boolean,
    spent: FlameAnswer['spent'] = { [isCpu ? 'cpu' : 'other']: this.#root.ns },
  ): FlameAnswer {
    const { parent, of } = largest(this.#root, this.#nodes);
    const onOff = of.map(({ ns }) => ns);
    const none = of.map(() => 0);
    return {
      scope: 'span',
      texts: this.#texts,
      parent,
      name: of.map(({ frame }) => frame.name),
      file: of.map(({ frame }) => frame.file),
      line: of.map(({ frame }) => frame.line),
      isWait: of.map(({ frame }) => Number(frame.isWait ?? false)),
      onNs: isCpu ? onOff : none,
      offNs: isCpu ? none : onOff,
      left: this.#nodes - of.length,
      spent,
      samples: isCpu ? this.#seen : 0,
      waits: isCpu ? 0 : this.#seen,
      spans: 0,
      seenIn: 'trace',
      lost: this.#lost,
    };
  }
}

/** Each before those below it, these the largest first; what is too small to be among so many is left out. */
function largest(root: Node, nodes: number): { parent: number[]; of: Node[] } {
  const least = nodes > FRAMES_MAX ? leastOf(root) : 0;
  const [parent, of]: [number[], Node[]] = [[], []];
  const open: (readonly [Node, number])[] = [[root, -1]];
  for (let next = open.pop(); next !== undefined && of.length < FRAMES_MAX; next = open.pop()) {
    const [node, above] = next;
    if (node !== root) parent.push(above);
    if (node !== root) of.push(node);
    const at = of.length - 1;
    const below = [...node.below.values()].filter(({ ns }) => ns >= least).sort((a, b) => a.ns - b.ns);
    for (const one of below) open.push([one, at]);
  }
  return { parent, of };
}

function leastOf(root: Node): number {
  const sizes: number[] = [];
  const open = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    sizes.push(node.ns);
    for (const one of node.below.values()) open.push(one);
  }
  return sizes.sort((a, b) => b - a)[FRAMES_MAX] ?? 0;
}

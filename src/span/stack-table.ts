/** Stacks of frames by number, each there once, as are their frames and all texts. */
import type { CodeFrame } from '../correlate/code-place.ts';
import { Texts } from './texts.ts';

/** About what a frame and a number of a stack add when they are written. */
const [FRAME_BYTES, NUMBER_BYTES] = [24, 6];

export class StackTable {
  /** Columns: indexes into the texts, but for `line` and whether it is inlined (1 or 0). */
  readonly frames = {
    function: [] as number[],
    file: [] as number[],
    line: [] as number[],
    isInlined: [] as number[],
  };
  /** Of indexes of frames, innermost first. */
  readonly stacks: number[][] = [];
  readonly #texts = new Texts();
  readonly #frameIndexes = new Map<string, number>();
  readonly #stackIndexes = new Map<string, number>();
  /** The same stacks come again as the same objects. */
  readonly #stackObjects = new Map<readonly CodeFrame[], number>();
  #bytes = 0;

  get texts(): readonly string[] {
    return this.#texts.texts;
  }

  /** About so many are in it. */
  get bytes(): number {
    return this.#bytes;
  }

  indexOfText(text: string): number {
    const { length } = this.texts;
    const index = this.#texts.indexOf(text);
    if (index === length) this.#bytes += text.length;
    return index;
  }

  indexOf(frames: readonly CodeFrame[]): number {
    const index = this.#stackObjects.get(frames) ?? this.#indexOfEqual(frames);
    this.#stackObjects.set(frames, index);
    return index;
  }

  #indexOfEqual(frames: readonly CodeFrame[]): number {
    const stack = frames.map((frame) => this.#indexOfFrame(frame));
    const key = stack.join();
    const known = this.#stackIndexes.get(key);
    if (known !== undefined) return known;
    this.#bytes += stack.length * NUMBER_BYTES;
    this.#stackIndexes.set(key, this.stacks.length);
    return this.stacks.push(stack) - 1;
  }

  #indexOfFrame({ function: name, file, line, isInlined }: CodeFrame): number {
    const key = `${name}\0${file}\0${line}\0${isInlined}`;
    const known = this.#frameIndexes.get(key);
    if (known !== undefined) return known;
    this.#bytes += FRAME_BYTES;
    this.#frameIndexes.set(key, this.frames.line.length);
    this.frames.function.push(this.indexOfText(name));
    this.frames.file.push(this.indexOfText(file));
    this.frames.isInlined.push(isInlined ? 1 : 0);
    return this.frames.line.push(line) - 1;
  }
}

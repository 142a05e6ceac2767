/**
 * The alternate screen of a terminal: drawn anew each time, and left as it was found however the process ends, but by SIGKILL.
 * Owns the state of the terminal until it is closed.
 */
import type { ReadStream, WriteStream } from 'node:tty';

export interface ScreenHooks {
  /** `q` or Ctrl-C was pressed. */
  readonly onQuit: () => void;
  /** It has another size: to be drawn anew. */
  readonly onResize: () => void;
}

/** DEC private modes 1049 and 25; CUP, EL, ED of ECMA-48. */
const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';
const CTRL_C = '\u0003';

/** Where the kernel knows no size. */
const SIZE = { columns: 80, rows: 24 } as const;

export class Screen {
  readonly #out: WriteStream;
  readonly #in: ReadStream;
  readonly #hooks: ScreenHooks;
  #isOpen = true;

  /** Takes the screen. `input` may be no terminal: then keys are not heard. */
  constructor(out: WriteStream, input: ReadStream, hooks: ScreenHooks) {
    this.#out = out;
    this.#in = input;
    this.#hooks = hooks;
    process.on('exit', this.#close);
    out.on('resize', hooks.onResize);
    if (input.isTTY) {
      input.setRawMode(true);
      input.on('data', this.#onData);
    }
    out.write(ENTER);
  }

  get size(): { readonly columns: number; readonly rows: number } {
    const { columns, rows } = this.#out;
    return { columns: columns || SIZE.columns, rows: rows || SIZE.rows };
  }

  /** Lines that are no wider than the screen, and no more than fit. */
  draw(lines: readonly string[]): void {
    if (!this.#isOpen) return;
    this.#out.write(HOME + lines.map((line) => line + CLEAR_LINE).join('\r\n') + CLEAR_BELOW);
  }

  /** Gives it back. Idempotent. */
  close(): void {
    this.#close();
  }

  readonly #onData = (data: Buffer): void => {
    const keys = data.toString('latin1');
    if (keys.includes('q') || keys.includes('Q') || keys.includes(CTRL_C)) this.#hooks.onQuit();
  };

  readonly #close = (): void => {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    process.off('exit', this.#close);
    this.#out.off('resize', this.#hooks.onResize);
    if (this.#in.isTTY) {
      this.#in.off('data', this.#onData);
      this.#in.setRawMode(false);
      this.#in.pause();
    }
    this.#out.write(LEAVE);
  };
}

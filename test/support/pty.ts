/** A command on a terminal of its own, by `script` of util-linux; what a person would type is written to it. */
import { execFileSync } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import type { Requirement } from './capabilities.ts';
import { Child, eventually } from './child.ts';

export const terminals: Requirement = () => {
  try {
    execFileSync('script', ['--version']);
    return undefined;
  } catch {
    return 'there is no script (util-linux)';
  }
};

const HOME = '\u001b[H';
const CLEAR_BELOW = '\u001b[J';

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

export class Pty {
  readonly child: Child;

  /** Says its settings before and after the command, and the exit code of that. */
  constructor(words: readonly string[], { rows = 24, columns = 80 } = {}) {
    const shell = [
      // It outlives a Ctrl-C, which it is sent as well.
      'trap : INT',
      `stty rows ${rows} cols ${columns}`,
      'echo "tty $(tty)"',
      'echo "before $(stty -g)"',
      words.map(quoted).join(' '),
      'echo "code $?"',
      'echo "after $(stty -g)"',
    ].join('; ');
    this.child = new Child('script', ['-qec', shell, '/dev/null'], {
      input: true,
      env: { TERM: 'xterm', SHELL: '/bin/sh' },
    });
  }

  /** Everything that was written to the terminal. */
  get written(): string {
    return this.child.stdout;
  }

  type(keys: string): void {
    this.child.process.stdin?.write(keys);
  }

  async resize(rows: number, columns: number): Promise<void> {
    const [, tty = ''] = await this.child.output(/^tty (\S+)/m);
    execFileSync('stty', ['-F', tty, 'rows', String(rows), 'cols', String(columns)]);
  }

  /** The last that was drawn from the top of the screen to its end, line by line, without colours. */
  get screen(): string[] {
    const drawn = this.written.split(HOME).findLast((text) => text.includes(CLEAR_BELOW)) ?? '';
    const [lines = ''] = drawn.split(CLEAR_BELOW);
    return stripVTControlCharacters(lines).split(/\r+\n/);
  }

  /** When it has ended: whether the terminal is as it was before, and the exit code of the command. */
  async ended(): Promise<{ code: number; isRestored: boolean }> {
    await eventually('end on the terminal', 20_000, () => /^after (\S+)/m.test(this.written) || undefined);
    const said = (what: string): string | undefined =>
      new RegExp(`^${what} (\\S+)`, 'm').exec(this.written)?.[1];
    return { code: Number(said('code')), isRestored: said('before') === said('after') };
  }
}

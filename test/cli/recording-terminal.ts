/** A terminal that keeps what is written to it. */
import type { Terminal } from '../../src/cli/terminal.ts';

export class RecordingTerminal implements Terminal {
  readonly isStdoutTerminal = false;
  stdout = '';
  stderr = '';

  writeOut(data: string | Uint8Array): void {
    this.stdout += typeof data === 'string' ? data : Buffer.from(data).toString('latin1');
  }

  say(message: string): void {
    this.stderr += `${message}\n`;
  }

  writeError(text: string): void {
    this.stderr += text;
  }
}

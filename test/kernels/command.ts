/** Commands that the preparation of the matrix calls: their output, or an error that ends with what they said. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Everything that is fetched and made for the matrix. */
export const cacheDir = join(root, '.cache/kernels');

const OUTPUT_BYTES = 256 << 20;
const LIMIT_MS = 600_000;

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a command to its end; its standard output. */
export function output(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  return new Promise((done, fail) => {
    const { cwd = root, env } = options;
    execFile(
      command,
      args,
      { cwd, env: { ...process.env, ...env }, maxBuffer: OUTPUT_BYTES, timeout: LIMIT_MS },
      (error, stdout, stderr) => {
        if (!error) return done(stdout);
        const said = withoutAddresses(stderr.trim() || error.message)
          .split('\n')
          .slice(-8)
          .join('\n');
        fail(new Error(`cannot finish ${command} ${args[0] ?? ''}: ${said}`));
      },
    );
  });
}

/** Addresses of mirrors say nothing to the reader. */
function withoutAddresses(text: string): string {
  return text.replace(/\b(?:https?|ftp):\/\/\S+/g, '(address)');
}

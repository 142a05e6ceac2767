/** `OTEL_LOG_LEVEL`: what OpenTelemetry's own parts have to say, on stderr. */
import { DiagLogLevel, diag } from '@opentelemetry/api';
import type { Terminal } from './terminal.ts';

const LEVEL_BY_NAME: Readonly<Record<string, DiagLogLevel>> = {
  error: DiagLogLevel.ERROR,
  warn: DiagLogLevel.WARN,
  info: DiagLogLevel.INFO,
  debug: DiagLogLevel.DEBUG,
  verbose: DiagLogLevel.VERBOSE,
  all: DiagLogLevel.ALL,
};

/** Starts the log if the variable asks for one. The logger of the API writes to stdout, where the spans go. */
export function logDiagnostics(env: NodeJS.ProcessEnv, terminal: Terminal): void {
  const level = LEVEL_BY_NAME[env['OTEL_LOG_LEVEL']?.trim().toLowerCase() ?? ''];
  if (level === undefined) return;
  const write = (...words: unknown[]): void => terminal.say(`OpenTelemetry: ${words.map(textOf).join(' ')}`);
  diag.setLogger(
    { error: write, warn: write, info: write, debug: write, verbose: write },
    { logLevel: level, suppressOverrideMessage: true },
  );
}

function textOf(word: unknown): string {
  if (typeof word === 'string') return word;
  return word instanceof Error ? word.message : (JSON.stringify(word) ?? String(word));
}

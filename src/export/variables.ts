/** The standard variables of OTLP: one of a signal counts before the general one. Pure: the environment comes in. */

/** A signal of OTLP that this package sends. */
export type Signal = 'traces' | 'metrics';

export type Setting =
  | 'ENDPOINT'
  | 'PROTOCOL'
  | 'HEADERS'
  | 'TIMEOUT'
  | 'COMPRESSION'
  | 'INSECURE'
  | 'CERTIFICATE'
  | 'CLIENT_KEY'
  | 'CLIENT_CERTIFICATE';

/** A variable that is set: its name for messages, and its text, trimmed and not empty. */
export interface Variable {
  readonly name: string;
  readonly text: string;
  readonly isForSignal: boolean;
}

/** `OTEL_EXPORTER_OTLP_‹SIGNAL›_‹SETTING›`, else `OTEL_EXPORTER_OTLP_‹SETTING›`; an empty one is as good as none. */
export function variableOf(env: NodeJS.ProcessEnv, signal: Signal, setting: Setting): Variable | undefined {
  return variablesOf(env, signal, setting)[0];
}

/** Both, where both are set; that of the signal first. */
export function variablesOf(env: NodeJS.ProcessEnv, signal: Signal, setting: Setting): readonly Variable[] {
  return [
    { name: `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_${setting}`, isForSignal: true },
    { name: `OTEL_EXPORTER_OTLP_${setting}`, isForSignal: false },
  ].flatMap(({ name, isForSignal }) => {
    const text = env[name]?.trim();
    return text ? [{ name, text, isForSignal }] : [];
  });
}

/** What is done with programs that have an OpenTelemetry SDK of their own. */
import { envChoice } from './env-choice.ts';

/**
 * `join`: its spans are the context of ours, and what they say is not said again. `ignore`: as if there was none, so that both tell
 * of the same operations, in traces of their own. `off`: such a program is not traced.
 */
export type SdkMode = 'join' | 'ignore' | 'off';
export const SDK_MODES: readonly SdkMode[] = ['join', 'ignore', 'off'];
export const DEFAULT_SDK_MODE: SdkMode = 'join';
export const isSdkMode = (value: unknown): value is SdkMode => SDK_MODES.includes(value as SdkMode);

/** `GOIDSPAN_SDK`; undefined if it is not set, or names none of them: `warn` is told. */
export const sdkVariable = (env: NodeJS.ProcessEnv, warn: (message: string) => void): SdkMode | undefined =>
  envChoice(env, 'GOIDSPAN_SDK', SDK_MODES, warn);

/** Which executables the words of a command name: what a shell or a wrapper may execute when it runs. A guess. */
import { executableNamed } from './held-child.ts';

const WORDS_MAX = 64;
const PROGRAMS_MAX = 8;

/** Paths without symbolic links. None where the words set what the spans would say of the program (`OTEL_…`). */
export function programsNamedIn([, ...words]: readonly string[], env: NodeJS.ProcessEnv): string[] {
  const found = new Set<string>();
  if (words.some((word) => word.includes('OTEL_'))) return [];
  const parts = words.flatMap((word) => word.split(/[\s;&|()<>"'`=]+/)).filter((part) => /^[^-]/.test(part));
  for (const part of parts.slice(0, WORDS_MAX)) {
    const path = executableNamed(part, env);
    if (path !== undefined && found.size < PROGRAMS_MAX) found.add(path);
  }
  return [...found];
}

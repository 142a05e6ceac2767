/**
 * Has a program apply what it is advised, by its own HTTP hook: `PUT URL?gogc=N&gomemlimit=BYTES&gomaxprocs=N`. Owns which advice
 * can be applied so. Nothing is written into the process.
 */
import type { Advice, Setting } from '../advice/rules.ts';
import { GoidspanError } from '../errors.ts';

const TIMEOUT_MS = 5_000;

/** By the name that the hook has for it, and what it takes. */
const parameters: Partial<
  Record<Setting, { readonly name: string; readonly valueOf: (to: string) => string }>
> = {
  GOGC: { name: 'gogc', valueOf: (to) => to },
  GOMEMLIMIT: { name: 'gomemlimit', valueOf: (to) => String(Number.parseInt(to, 10) * 2 ** 20) },
  GOMAXPROCS: { name: 'gomaxprocs', valueOf: (to) => to },
};

/** What the program is asked for; undefined where nothing of it can be applied so. */
export function applicationOf(url: URL, advice: readonly Advice[]): URL | undefined {
  const asked = new URL(url);
  let isEmpty = true;
  for (const { setting, to } of advice) {
    const parameter = parameters[setting];
    if (parameter === undefined || to === undefined) continue;
    asked.searchParams.set(parameter.name, parameter.valueOf(to));
    isEmpty = false;
  }
  return isEmpty ? undefined : asked;
}

/**
 * Resolves with what the program answers.
 * @throws {GoidspanError} `cannot_apply`.
 */
export async function apply(asked: URL): Promise<string> {
  let why: string;
  try {
    const response = await fetch(asked, { method: 'PUT', signal: AbortSignal.timeout(TIMEOUT_MS) });
    const text = (await response.text()).trim();
    if (response.ok) return text;
    why = `it answers ${response.status}${text && `: ${text.slice(0, 200)}`}`;
  } catch (error) {
    const { cause, message } = error as Error;
    why = cause instanceof Error ? cause.message : message;
  }
  throw new GoidspanError(
    'cannot_apply',
    `cannot apply the advice by PUT ${asked}: ${why} (does the program offer this? see examples/shop)`,
  );
}

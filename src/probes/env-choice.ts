/** What the environment chooses of a few. */

/** The variable of that name; undefined if it is not set, or names none of them: `warn` is told. */
export function envChoice<T extends string>(
  env: NodeJS.ProcessEnv,
  name: string,
  choices: readonly T[],
  warn: (message: string) => void,
): T | undefined {
  const value = env[name]?.trim();
  if (value === undefined || value === '') return undefined;
  const chosen = choices.find((choice) => choice === value);
  if (chosen === undefined) warn(`${name}=${value} is ignored: not one of ${choices.join(', ')}`);
  return chosen;
}

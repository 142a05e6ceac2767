/**
 * Commands to Redis as text. A command's name is told as the program has written it; its arguments, which are keys and values, only
 * if that is asked for. Pure.
 * Source: https://github.com/open-telemetry/semantic-conventions/tree/v1.45.0/docs/db/redis.md
 */
import type { RecurringCall } from '../correlate/db-call.ts';
import type { DbTold } from './db-telling.ts';

/** So many arguments stand as question marks; more of them as dots. */
const ARGUMENTS_MAX = 16;

const prefixes = { pipeline: 'PIPELINE', transaction: 'MULTI' } as const;

/** What looks like a name, and not like what was meant to be an argument. */
const commandName = /^[A-Za-z][\w.|-]{0,63}$/;

export function redisTold({
  operation,
  statement,
  batchSize = 0,
  isAlike,
  arguments: count = 0,
}: RecurringCall): DbTold {
  const lines = statement?.split('\n') ?? [];
  const names = lines.map(nameIn);
  const [first] = names;
  // One alone is no pipeline.
  const isAlone = operation === 'command' || (operation === 'pipeline' && batchSize === 1);
  const prefix =
    isAlone || (operation !== 'pipeline' && operation !== 'transaction') ? undefined : prefixes[operation];
  const own = isAlone || isAlike ? first : undefined;
  const told = [prefix, own].filter((part) => part !== undefined).join(' ');
  return {
    name: told,
    sanitized: sanitized(
      operation === 'command' ? names.slice(0, 1) : names,
      operation === 'command' ? count : undefined,
    ),
    raw: statement,
    summary: undefined,
    operation: told || undefined,
    collection: undefined,
  };
}

/** A line may hold more than the name: the arguments of its command, of which the last may be cut. */
function nameIn(line: string): string | undefined {
  const [name = ''] = line.split(' ', 1);
  return commandName.test(name) ? name : undefined;
}

function sanitized(names: readonly (string | undefined)[], count: number | undefined): string | undefined {
  if (names.every((name) => name === undefined)) return undefined;
  const shown = names.map((name) => name ?? '?').join('\n');
  if (count === undefined) return shown;
  const marks = ' ?'.repeat(Math.min(count, ARGUMENTS_MAX));
  return `${shown}${marks}${count > ARGUMENTS_MAX ? ' ...' : ''}`;
}

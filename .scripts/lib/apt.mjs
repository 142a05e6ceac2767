/** An apt with a state of its own: the host's list of packages stays as it is, and nothing is installed. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Makes the state in a folder, or finds it there; returns the options with which apt uses it. `debian` is the processor as
 * Debian calls it; `settings` go before those that are the same for all.
 * @param {string} state
 * @param {string} debian
 * @param {Readonly<Record<string, string>>} settings
 * @returns {string[]}
 */
export function ownApt(state, debian, settings = {}) {
  for (const folder of ['state/lists/partial', 'cache/archives/partial']) {
    mkdirSync(join(state, folder), { recursive: true });
  }
  writeFileSync(join(state, 'status'), '');
  const all = {
    'Dir::State': join(state, 'state'),
    'Dir::State::status': join(state, 'status'),
    'Dir::Cache': join(state, 'cache'),
    'APT::Architecture': debian,
    'APT::Architectures': debian,
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '1',
    'Acquire::http::Timeout': '20',
    ...settings,
  };
  return Object.entries(all).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

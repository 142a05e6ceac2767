/** A command that has a page, under a Node that has SQLite; its spans go nowhere else. */
import { sqliteNode } from '../../.scripts/lib/nodes.mjs';
import { Child } from './child.ts';
import { goidspanMain } from './command.ts';

export const quiet = { OTEL_TRACES_EXPORTER: 'none' };

export async function pageCommand(args: readonly string[]): Promise<Child> {
  return new Child(await sqliteNode(), [goidspanMain, ...args], { env: quiet });
}

export async function addressIn(child: Child, pattern = /the page is at (\S+)/): Promise<string> {
  return (await child.output(pattern))[1] ?? '';
}

export const ask = async <T>(url: string): Promise<T> => (await fetch(url)).json() as Promise<T>;

/**
 * A browser cannot say `authorization`: the URL that is opened first has the token, and a cookie that no script sees has it from then on.
 * That of a page from elsewhere is not sent along.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { tokenIn } from '../receiver/admission.ts';

const NAME = 'goidspan';

/** By header, cookie, or the parameter `token`. */
export function tokenOf(headers: IncomingHttpHeaders, url: URL): string | undefined {
  const cookie = new RegExp(`(?:^|; )${NAME}=([^;]+)`).exec(headers.cookie ?? '')?.[1];
  return tokenIn(headers) ?? (cookie && decoded(cookie)) ?? url.searchParams.get('token') ?? undefined;
}

export function cookieOf(token: string): string {
  return `${NAME}=${encodeURIComponent(token)}; Path=/; HttpOnly; SameSite=Strict`;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

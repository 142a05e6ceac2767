/** What a span of HTTP can say. */
import type { SpanFactOf } from '../correlate/fact.ts';
import type { HttpExchange } from '../correlate/http-exchange.ts';
import type { Batch } from '../wire/batch.ts';
import { fieldAt, textSizeAt, textStartAt } from '../wire/fields.ts';
import { httpText, spanKind as kinds } from '../wire/wire.gen.ts';
import type { FamilyPlausibility } from './family-plausibility.ts';

type HttpFact = SpanFactOf<'http'>;

const KIND_AT = fieldAt('EV_SPAN_END', 'span_kind');
const SLASH = '/'.charCodeAt(0);

export const httpPlausibility: FamilyPlausibility<HttpFact> = {
  fault({ spanKind, body }: HttpFact): string | undefined {
    const { statusCode: status } = body;
    if (status !== undefined && status > 999) return `${status} is no status code`;
    return spanKind === 'server' ? serverFault(body) : clientFault(body);
  },

  doubt({ spanKind, body }: HttpFact): string | undefined {
    return spanKind === 'server' && body.methodIsUnread === true ? 'the method cannot be read' : undefined;
  },

  /** The few other paths that a server is asked for are left to `fault`. */
  variesWell(batch: Batch, at: number): boolean {
    if (batch.u8[at + KIND_AT] !== kinds.SPAN_KIND_SERVER) return true;
    return (
      textSizeAt(batch, at, httpText.HTTP_TEXT_PATH) > 0 &&
      batch.u8[textStartAt(batch, at, httpText.HTTP_TEXT_PATH)] === SLASH
    );
  },
};

/** `tchar` of RFC 9110, 5.6.2. */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** What `net/http` lets into no field of a request: ASCII control characters but the tab. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const control = /[\x00-\x08\x0a-\x1f\x7f]/;

/** Few methods and hosts come again and again; the expressions need to see each of them once. */
const CLEAN_MAX = 1_024;
const clean = new Set<string>();

function hasControl(text: string): boolean {
  if (clean.has(text)) return false;
  if (control.test(text)) return true;
  if (clean.size >= CLEAN_MAX) clean.clear();
  clean.add(text);
  return false;
}

/**
 * `net/http` has checked all of this before it calls the handler, so that no client can bring a family into discredit.
 * In HTTP/2 a method may be any text. Of a server that has not checked them neither method nor host is looked at.
 */
function serverFault({
  method,
  path,
  statusCode: status,
  protocolMajor,
  host,
  isUnchecked = false,
}: HttpExchange): string | undefined {
  if (protocolMajor === 1 && !isUnchecked && !token.test(method))
    return `the method ${quote(method)} is no token`;
  if (!isUnchecked && hasControl(method)) return `the method ${quote(method)} is no text`;
  if (path !== '' && path !== '*' && !path.startsWith('/'))
    return `the path ${quote(path)} does not begin with /`;
  if (status !== undefined && status < 100) return `${status} is no status code of a response`;
  if (protocolMajor < 1 || protocolMajor > 3) return `there is no HTTP/${protocolMajor}`;
  if (host !== undefined && !isUnchecked && hasControl(host)) return `${quote(host)} is no host`;
  return undefined;
}

/** A request that `net/http` refuses to send has a span as well, without a response. */
function clientFault({ method, statusCode: status }: HttpExchange): string | undefined {
  return status !== undefined && !token.test(method) ? `the method ${quote(method)} is no token` : undefined;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}

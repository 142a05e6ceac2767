/** A request of HTTP, or a call, as a local root. */
import { isErrorStatus } from '../span/http-convention.ts';
import { isPathOfNothing, routeName } from '../verdict/http-call.ts';
import { bodyFieldAt, fieldAt } from '../wire/fields.ts';
import { headerAt, httpFlag, httpText, spanKind } from '../wire/wire.gen.ts';
import type { FamilyRoot } from './family-root.ts';

const STATUS_AT = bodyFieldAt('http', 'status');
const KIND_AT = fieldAt('EV_SPAN_END', 'span_kind');

export const httpRoot: FamilyRoot = {
  hasFailed: ({ u8, u16 }, at) => {
    if (!((u16[(at + headerAt.flags) >>> 1] as number) & httpFlag.HTTP_FLAG_STATUS)) return false;
    const isClient = u8[at + KIND_AT] === spanKind.SPAN_KIND_CLIENT;
    return isErrorStatus(u16[(at + STATUS_AT) >>> 1] as number, isClient);
  },
  route: {
    texts: [httpText.HTTP_TEXT_METHOD, httpText.HTTP_TEXT_PATTERN],
    nameOf: (method = 'GET', pattern) => routeName(method, pattern),
    path: {
      text: httpText.HTTP_TEXT_PATH,
      isOfNothing: ({ u16 }, at) => isPathOfNothing(u16[(at + STATUS_AT) >>> 1]),
    },
  },
};

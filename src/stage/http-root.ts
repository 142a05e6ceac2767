/** A request of HTTP, or a call, as a local root. */
import { isErrorStatus } from '../span/http-convention.ts';
import { routeName } from '../verdict/http-call.ts';
import { type EvSpanEnd, httpFlag, httpText, spanKind } from '../wire/wire.gen.ts';
import type { FamilyRoot } from './family-root.ts';

export const httpRoot: FamilyRoot = {
  hasFailed: (record: EvSpanEnd) =>
    (record.header.flags & httpFlag.HTTP_FLAG_STATUS) !== 0 &&
    isErrorStatus(record.http.status, record.spanKind === spanKind.SPAN_KIND_CLIENT),
  route: {
    texts: [httpText.HTTP_TEXT_METHOD, httpText.HTTP_TEXT_PATTERN],
    nameOf: (method = 'GET', pattern) => routeName(method, pattern),
  },
};

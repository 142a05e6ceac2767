/** Layouts of recordings that do not carry their own, by the hash that they name. */
import type { WireLayout } from '../wire/layout.ts';

/** Version 0.1.0. Names are those that the fields have today. */
const layout010: WireLayout = {
  records: {
    1: {
      bytes: 176,
      fields: {
        header: [0, 16],
        start_ktime_ns: [16, 8],
        end_ktime_ns: [24, 8],
        goid: [32, 8],
        parent_goid: [40, 8],
        trace_id: [48, 16],
        link_trace_id: [64, 16],
        span_id: [80, 8],
        parent_span_id: [88, 8],
        link_span_id: [96, 8],
        g_addr: [104, 8],
        error_type_addr: [128, 8],
        span_kind: [150, 1],
        trace_flags: [151, 1],
        depth: [155, 1],
        ending: [156, 1],
        text_cut: [157, 1],
        text_sizes: [160, 16],
      },
    },
    2: { bytes: 32, fields: { header: [0, 16], ktime_ns: [16, 8], tgid: [24, 4], parent_tgid: [28, 4] } },
    3: { bytes: 32, fields: { header: [0, 16], ktime_ns: [16, 8], tgid: [24, 4], exit_code: [28, 4] } },
  },
  families: {
    1: {
      bytes: 0,
      fields: { body_bytes: [136, 8], status: [148, 2], protocol: [152, 1], resends: [153, 1] },
      texts: ['method', 'scheme', 'host', 'path', 'query', 'peer', 'trace_state', 'pattern'],
    },
  },
};

export const oldLayouts: ReadonlyMap<string, WireLayout> = new Map([['b3eb5b2f685af3eb', layout010]]);

/** `goidspan jaeger-ui-config`: what Jaeger's UI must be told so that a span there leads to its page here. */
import * as names from '../span/attribute-names.ts';
import { EXIT_SUCCESS } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

/**
 * Link patterns of Jaeger v2. `tags`, since newer words for them are unknown to older UIs; the key is one that each span of ours has.
 * Source: https://www.jaegertracing.io/docs/2.20/deployment/frontend-ui/#link-patterns
 */
export function jaegerUiConfig(page: string): object {
  const base = page.replace(/\/+$/, '');
  return {
    linkPatterns: [
      {
        type: 'tags',
        key: names.GOIDSPAN_GOID,
        // Each a template of its own; encoded by Jaeger.
        url: `${base}/#/span/#{trace.traceID}/#{spanID}`,
        text: 'Why did it take so long?',
      },
    ],
    topTagPrefixes: ['goidspan.'],
  };
}

export function jaegerUiConfigCommand(page: string, terminal: Terminal): number {
  terminal.writeOut(`${JSON.stringify(jaegerUiConfig(page), null, 2)}\n`);
  return EXIT_SUCCESS;
}

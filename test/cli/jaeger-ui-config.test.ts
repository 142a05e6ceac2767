import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { jaegerUiConfig } from '../../src/cli/jaeger-ui-config-command.ts';

const example = new URL('../../otel-config/jaeger/ui-config.json', import.meta.url);

it('is as the example has it', () => {
  expect(JSON.parse(readFileSync(example, 'utf8'))).toEqual(jaegerUiConfig('http://127.0.0.1:7777/'));
});

/** The browser that the page is looked at with. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import type { Requirement } from '../../support/capabilities.ts';

const path = '/usr/bin/chromium';

/** Is there a browser to look at the page with? */
export const browser: Requirement = () =>
  existsSync(path) ? undefined : `no Chromium (${path}; Debian package chromium)`;

export const startBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: path, args: ['--no-sandbox', '--disable-gpu'] });

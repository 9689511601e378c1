import { existsSync } from 'node:fs';
import { chromium, type Browser, type LaunchOptions } from 'playwright-core';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The system's Chromium, if it has one. */
export const chromiumPath: string | undefined = places.find((path) => existsSync(path));

/** Names a group of tests that run in Chromium; where there is none, it says so. */
export function inChromium(title: string): string {
  return chromiumPath ? title : `${title} (skipped: there is no ${places[0]}; apt-get install chromium)`;
}

/** Starts the system's Chromium without a window. Whoever starts it closes it. */
export function launchChromium(options: LaunchOptions = {}): Promise<Browser> {
  if (!chromiumPath) throw new Error(`There is no Chromium at ${places.join(', ')}: apt-get install chromium.`);
  return chromium.launch({ executablePath: chromiumPath, ...options });
}

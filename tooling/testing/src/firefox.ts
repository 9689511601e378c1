import { existsSync } from 'node:fs';
import { launch, type Browser, type LaunchOptions } from 'puppeteer-core';

const places = ['/usr/bin/firefox-esr', '/usr/bin/firefox'];

/** The system's Firefox, if it has one. */
export const firefoxPath: string | undefined = places.find((path) => existsSync(path));

/** Starts the system's Firefox without a window. Whoever starts it closes it. */
export function launchFirefox(options: LaunchOptions = {}): Promise<Browser> {
  if (!firefoxPath) throw new Error(`There is no Firefox at ${places.join(', ')}: apt-get install firefox-esr.`);
  return launch({ browser: 'firefox', executablePath: firefoxPath, ...options });
}

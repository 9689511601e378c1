import { readdirSync, readFileSync } from 'node:fs';
import type { Browser as PuppeteerBrowser } from 'puppeteer-core';
import type { Browser as PlaywrightBrowser } from 'playwright-core';
import { chromiumPath, launchChromium } from './chromium.ts';
import { firefoxPath, launchFirefox } from './firefox.ts';

/** What a test does with a page, whichever browser shows it: what the pages of Playwright and of Puppeteer have in common. */
export interface Page {
  readonly mouse: {
    move(x: number, y: number, options?: { readonly steps?: number }): Promise<void>;
    down(): Promise<void>;
    up(): Promise<void>;
  };
  goto(url: string): Promise<unknown>;
  /** On the first element that a CSS selector finds. */
  click(selector: string): Promise<void>;
  reload(): Promise<unknown>;
  /** Runs a function in the page. It sees nothing but its argument, which is copied there as its result is copied back. */
  evaluate<R, A = undefined>(run: (argument: A) => R | Promise<R>, argument?: A): Promise<R>;
  waitForFunction(holds: () => unknown): Promise<unknown>;
  /** Its web workers that live. */
  workers(): readonly unknown[];
  /** Has `listener` told of each error that nobody caught in the page. */
  on(event: 'pageerror', listener: (error: unknown) => void): unknown;
  close(): Promise<unknown>;
}

export interface Browser {
  newPage(): Promise<Page>;
  /** Processor time that all of its processes have taken so far. */
  processorSeconds(): Promise<number>;
  close(): Promise<void>;
}

export interface InstalledBrowser {
  readonly name: 'Chromium' | 'Firefox';
  /** Where it is; undefined where it isn't installed. */
  readonly path: string | undefined;
  /** Debian's package of it. */
  readonly debian: string;
  launch(): Promise<Browser>;
}

/** The browsers in which a package is tested, each as the system has it. */
export const browsers: readonly InstalledBrowser[] = [
  { name: 'Chromium', path: chromiumPath, debian: 'chromium', launch: async () => ofPlaywright(await launchChromium()) },
  { name: 'Firefox', path: firefoxPath, debian: 'firefox-esr', launch: async () => ofPuppeteer(await launchFirefox()) },
];

/** Names a group of tests that run in a browser; where it isn't installed, it says so. */
export function inBrowser({ name, path, debian }: InstalledBrowser): string {
  return path ? `in ${name}` : `in ${name} (skipped: there is none; apt-get install ${debian})`;
}

async function ofPlaywright(browser: PlaywrightBrowser): Promise<Browser> {
  const session = await browser.newBrowserCDPSession();
  return {
    newPage: () => browser.newPage(),
    async processorSeconds() {
      const { processInfo } = await session.send('SystemInfo.getProcessInfo');
      return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0);
    },
    close: () => browser.close(),
  };
}

function ofPuppeteer(browser: PuppeteerBrowser): Browser {
  return {
    // Its types let handles of the page's objects through, too.
    newPage: () => browser.newPage() as unknown as Promise<Page>,
    // Puppeteer gives a browser a process group of its own, whose leader is the browser's first process.
    processorSeconds: async () => secondsOfGroup(browser.process()!.pid!),
    close: () => browser.close(),
  };
}

/** Processor time that the living processes of a group have taken, as Linux counts it. */
function secondsOfGroup(group: number): number {
  /** Of `/proc`'s clock. */
  const ticks = 100;
  let sum = 0;
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    let stat: string;
    try {
      stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
    } catch {
      continue; // It has ended meanwhile.
    }
    // After the program's name, which may have blanks and brackets: state, parent, group, …, and from the 12th on the times.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (Number(fields[2]) === group) sum += (Number(fields[11]) + Number(fields[12])) / ticks;
  }
  return sum;
}

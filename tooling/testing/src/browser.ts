export { browsers, inBrowser, type Browser, type InstalledBrowser, type Page } from './browsers.ts';
export { chromiumPath, inChromium, launchChromium } from './chromium.ts';
export { isolation, serve, type Served } from './serve.ts';

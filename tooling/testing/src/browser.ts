export { chromiumPath, inChromium, launchChromium } from './chromium.ts';
export { isolation, serve, type Served } from './serve.ts';

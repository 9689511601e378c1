import { expect, test, vi } from 'vitest';
import { watchConsole } from '../src/index.ts';

test('a message makes stop() throw with the text, and the console is restored', () => {
  const log = console.log;
  const watch = watchConsole(console);
  console.log('loss %d', 3);
  console.warn('slow');
  expect(() => watch.stop()).toThrow(/printed 2 messages.*\n {2}console\.log: loss 3\n {2}console\.warn: slow/s);
  expect(console.log).toBe(log);
});

test('silence and allowed messages pass', () => {
  const watch = watchConsole(console, { allowed: [/^known/] });
  console.error('known nuisance');
  watch.stop();
});

test('a message that the test itself observes passes', () => {
  const watch = watchConsole(console);
  const spy = vi.spyOn(console, 'warn').mockImplementation(() => {});
  console.warn('meant');
  expect(spy).toHaveBeenCalledWith('meant');
  spy.mockRestore();
  watch.stop();
});

import { expect, test } from 'vitest';
import { statusLine } from '../src/status-line.mjs';

function record(isTTY: boolean): { text: string; stream: { isTTY: boolean; write(text: string): void } } {
  const record = { text: '', stream: { isTTY, write: (text: string): void => void (record.text += text) } };
  return record;
}

test('on a terminal the line is written anew', () => {
  const sink = record(true);
  let time = 0;
  const status = statusLine('Installing', { stream: sink.stream, now: () => time });
  time = 60;
  status.update('1 of 2');
  time = 70;
  status.update('2 of 2');
  time = 1500;
  status.end('done');
  expect(sink.text).toBe('Installing …\r\u001b[KInstalling … 1 of 2\r\u001b[KInstalling: done (1.5 s)\n');
});

test('elsewhere a line comes now and then', () => {
  const sink = record(false);
  let time = 0;
  const status = statusLine('Installing', { stream: sink.stream, now: () => time, interval: 100 });
  for (time of [50, 150, 200, 300]) status.update(`${time} of 400`);
  time = 400;
  status.end('done');
  expect(sink.text.split('\n')).toEqual([
    'Installing …',
    'Installing … 150 of 400 (0.1 s)',
    'Installing … 300 of 400 (0.3 s)',
    'Installing: done (0.4 s)',
    '',
  ]);
});

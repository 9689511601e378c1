import { expect, test } from 'vitest';
import { pinnedPnpm } from '../src/pnpm.mjs';

test('the pinned version by npx, and quietly', () => {
  const [command, args, { env }] = pinnedPnpm({ npm_config_user_agent: 'npm/10.8.2 node/v20.20.2 linux x64', HOME: '/root' })(
    'exec',
    'node',
    '--version',
  );
  expect(command).toBe('npx');
  expect(args).toEqual(['--yes', expect.stringMatching(/^pnpm@\d+\.\d+\.\d+$/), 'exec', 'node', '--version']);
  expect(env).toMatchObject({ HOME: '/root', npm_config_loglevel: 'error' });
});

test('the pnpm that called us, if it is of that version and no other', () => {
  const version = pinnedPnpm({})()[1][1]!.slice('pnpm@'.length);
  expect(pinnedPnpm({ npm_config_user_agent: `pnpm/${version} npm/? node/v24` })('install').slice(0, 2)).toEqual(['pnpm', ['install']]);
  expect(pinnedPnpm({ npm_config_user_agent: 'pnpm/1.2.3 npm/? node/v24' })('install')[0]).toBe('npx');
});

import type { Windows } from '../network/steps.ts';
import { checkNumber, show } from '../validation.ts';

/**
 * Windows as a file's JSON has them; those of a pool have no channels.
 *
 * @throws {RangeError | TypeError} if a size is no whole number above 0, or the padding none that there is.
 */
export function windowsFrom(where: string, at: string, value: unknown, ofPool: boolean): Windows {
  const fields: Record<string, unknown> = { ...(ofPool && { channels: 1, dilation: [1, 1] }), ...(value as object) };
  const pair = (name: string): readonly [number, number] => {
    const both = fields[name];
    if (!Array.isArray(both) || both.length !== 2)
      throw new TypeError(`${where}: ${at}.${name} is ${show(both)}, but must be [height, width].`);
    for (const size of both) checkNumber(where, `${at}.${name}`, size, { least: 1, most: 2 ** 31, whole: true });
    return both as unknown as readonly [number, number];
  };
  const { channels, padding, depthwise } = fields as { channels?: unknown; padding?: unknown; depthwise?: unknown };
  checkNumber(where, `${at}.channels`, channels, { least: 1, most: 2 ** 31, whole: true });
  if (padding !== 'valid' && padding !== 'same') checkNumber(where, `${at}.padding`, padding, { least: 0, most: 2 ** 31, whole: true });
  return {
    ...{ channels: channels as number, window: pair('window'), strides: pair('strides'), dilation: pair('dilation') },
    padding: padding as Windows['padding'],
    depthwise: depthwise === true,
  };
}

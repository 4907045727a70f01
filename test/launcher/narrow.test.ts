import stringWidth from 'string-width';
import { expect, test } from 'vitest';

test('what the build takes for one column a character is that to string-width', async () => {
  const { NARROW } = await import(new URL('../../src/launcher/narrow.mjs', import.meta.url).href);
  const characters = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code)).filter((one) => NARROW.test(one));

  expect(characters.length).toBeGreaterThan(700);
  expect(characters.filter((one) => stringWidth(one) !== 1)).toEqual([]);
  // Pairs would show a character that joins the one before it.
  expect(characters.filter((one) => stringWidth(`a${one}${one}b`) !== 4)).toEqual([]);
});

/**
 * Texts of characters that take one column each and never join: ASCII, Latin-1, dashes and quotes, arrows, lines and blocks, shapes,
 * ticks, braille. As many columns as characters, which needs neither a segmenter nor the pattern of all emoji.
 */
export const NARROW =
  /^[\x20-\x7e\xa1-\xac\xae-\xff\u2010-\u2027\u2030-\u205e\u2190-\u21ff\u2500-\u259f\u25a0-\u25fc\u2713-\u2718\u2800-\u28ff]*$/;

/** The text with every byte outside printable ASCII, and `%`, as `%XX`: one field of a line. */
export function encodeField(text: string): string {
  return text.replace(/[^ -$&-~]/gu, (character) =>
    [...Buffer.from(character, 'utf8')].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
}

/** What `encodeField` was given; bytes that are no UTF-8 become U+FFFD. Undefined for a field that no unit program writes. */
export function decodeField(field: string): string | undefined {
  if (!/^(?:[ -$&-~]|%[0-9A-F]{2})*$/.test(field)) return undefined;
  if (!field.includes('%')) return field;
  const latin1 = field.replace(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(latin1, 'latin1').toString('utf8');
}

/** One line of a request, its fields encoded. */
export function line(kind: string, ...fields: readonly (string | number)[]): string {
  return [kind, ...fields.map((field) => encodeField(String(field)))].join('\t');
}

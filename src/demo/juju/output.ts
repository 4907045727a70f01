/** What a call prints. `info` is lost with --quiet, `error` never. */
export interface Output {
  write(text: string): void;
  info(text: string): void;
  error(text: string): void;
}

export function inFormat(value: unknown, format: string): string {
  return format === 'json' ? `${JSON.stringify(value)}\n` : yaml(value);
}

const PLAIN = /^[A-Za-z_][A-Za-z0-9_ ./@+-]*$/;
const WORDS = /^(?:true|false|yes|no|on|off|null|y|n)$/i;

function scalar(value: unknown): string {
  if (typeof value === 'string')
    return PLAIN.test(value) && !WORDS.test(value) && value === value.trim() ? value : JSON.stringify(value);
  return String(value);
}

/** YAML as Go prints it, for maps, lists and scalars. */
export function yaml(value: unknown, indent = ''): string {
  if (Array.isArray(value)) {
    return value
      .map((item) => (isTree(item) ? `${indent}-\n${yaml(item, `${indent}  `)}` : `${indent}- ${scalar(item)}\n`))
      .join('');
  }
  if (!isTree(value)) return `${indent}${scalar(value)}\n`;
  return Object.entries(value)
    .map(([key, item]) => {
      const name = /^\d/.test(key) ? JSON.stringify(key) : key;
      if (!isTree(item)) return `${indent}${name}: ${scalar(item)}\n`;
      if (Object.keys(item).length === 0) return `${indent}${name}: ${Array.isArray(item) ? '[]' : '{}'}\n`;
      return `${indent}${name}:\n${yaml(item, `${indent}  `)}`;
    })
    .join('');
}

function isTree(value: unknown): value is Record<string, unknown> | unknown[] {
  return typeof value === 'object' && value !== null;
}

import { MARK } from './redact-names.js';
import { isRandom, withoutShapes } from './redact-shapes.js';
import { withoutValues } from './redact-values.js';

/** Of a longer line the rest is hidden whole, so that the time this takes stays in bounds. */
const LINE_LIMIT = 16_384;
/** Lines that the body of a private key may go over. */
const KEY_LINES = 120;

/**
 * The text without its secrets (safe-change.md 5): what `src/unit/redact.awk` does on a unit, once more at our end. A name that stands
 * for a secret hides its value; tokens, keys and what is random hide themselves; in doubt too much is taken. A text that was redacted
 * comes back as it is.
 */
export function redact(text: string): string {
  if (!text.includes('\n')) return redactLine(text, { linesLeft: 0, column: 0 });
  const key = { linesLeft: 0, column: 0 };
  return text
    .split('\n')
    .map((line) => redactLine(line, key))
    .join('\n');
}

/** The body of a private key that the lines before were in. */
interface KeyBody {
  linesLeft: number;
  column: number;
}

function redactLine(line: string, key: KeyBody): string {
  if (line === '') return line;
  const short = line.length > LINE_LIMIT ? line.slice(0, LINE_LIMIT) + MARK : line;
  const noBody = /dumpio_(?:in|out)/.test(short) ? withoutBody(short) : short;
  return withoutShapes(withoutValues(withoutKeyBody(noBody, key)));
}

const KEY_BEGIN = /-----BEGIN(?: |%20|\+)(?:[A-Z0-9]+(?: |%20|\+))*PRIVATE(?: |%20|\+)KEY(?:(?: |%20|\+)BLOCK)?-----/;

function withoutKeyBody(text: string, key: KeyBody): string {
  const begin = KEY_BEGIN.exec(text);
  if (begin) {
    const at = begin.index + begin[0].length;
    const end = text.indexOf('-----END', at);
    if (end >= 0) return text.slice(0, at) + MARK + text.slice(end, end + 8) + withoutKeyBody(text.slice(end + 8), key);
    key.linesLeft = KEY_LINES;
    key.column = -1;
    return text.slice(0, at) + (at < text.length ? MARK : '');
  }
  if (key.linesLeft === 0 && !isBareBody(text)) return text;
  key.linesLeft = (key.linesLeft === 0 ? KEY_LINES : key.linesLeft) - 1;
  if (text.includes('-----END ')) {
    key.linesLeft = 0;
    return text;
  }
  const tail = tailOf(text);
  // A short last line stands where the others stood.
  if (tail && (text.length - tail.index >= 20 || tail.index === key.column || /^[ \t]*$/.test(text.slice(0, tail.index)))) {
    key.column = tail.index;
    return text.slice(0, tail.index) + MARK;
  }
  if (!/^[ \t]*(?:Proc-Type|DEK-Info|Version|Comment)|^[ \t]*$/.test(text)) key.linesLeft = 0;
  return text;
}

/** Where base64 begins with which the text ends, but for an end of line and what closes a string. */
function tailOf(text: string): { readonly index: number } | undefined {
  let end = text.length;
  for (;;) {
    if (text.endsWith('\\n', end) || text.endsWith('\\r', end)) end -= 2;
    else if (end > 0 && ' \t\r"\',;\\'.includes(text[end - 1] ?? '')) end -= 1;
    else break;
  }
  let index = end;
  while (index > 0 && /[A-Za-z0-9+/=]/.test(text[index - 1] ?? '')) index -= 1;
  return index < end ? { index } : undefined;
}

/** The body of a key whose first line nobody showed: base64 in lines of a usual length. */
function isBareBody(text: string): boolean {
  let begin = text.length;
  while (begin > 0 && text.length - begin <= 76 && /[A-Za-z0-9+/]/.test(text[begin - 1] ?? '')) begin -= 1;
  const body = text.slice(begin);
  return [64, 70, 76].includes(body.length) && isRandom(body);
}

const HARMLESS_HEADER =
  /^(?:host|user-agent|accept|accept-encoding|accept-language|content-type|content-length|content-encoding|connection|keep-alive|date|server|vary|transfer-encoding|etag|last-modified|cache-control|x-openstack-request-id|openstack-identity-api-version|x-forwarded-(?:for|proto|host)|via|upgrade|expect|retry-after|te|trailer): /i;

/** mod_dumpio writes requests and answers whole, cut anywhere. Lengths, request lines, status lines and harmless headers are kept. */
function withoutBody(text: string): string {
  const head = /dumpio_(?:in|out)[^(]*\([a-zA-Z-]+\):? ?/.exec(text);
  if (!head) return text;
  const at = head.index + head[0].length;
  const rest = text.slice(at);
  if (/^[0-9]+ (?:readbytes|bytes)[ \t]*$|^\[[a-z]+-[a-z]+\]|^(?:\\r\\n|\\n)*$/.test(rest)) return text;
  return text.slice(0, at) + rest.split('\\r\\n').map(bodyPart).join('\\r\\n');
}

function bodyPart(part: string): string {
  if (part === '' || HARMLESS_HEADER.test(part)) return part;
  if (/^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) [^ ]+ HTTP\/[0-9.]+$/.test(part)) return part.replace(/\?[^ ]*/, `?${MARK}`);
  return /^HTTP\/[0-9.]+ [0-9]+/.test(part) && part.length < 60 ? part : MARK;
}

import { lowered, MARK } from './redact-names.js';

/** One line with what is hidden that shows by itself what it is: tokens, passwords of addresses, hashes, keys, random characters. */
export function withoutShapes(line: string): string {
  let text = line;
  if (text.includes('gAAAA')) text = text.replace(/gAAAA[A-Za-z0-9_=%-]+/g, MARK);
  if (text.includes('eyJ')) text = text.replace(/eyJ[A-Za-z0-9_-]{8}[A-Za-z0-9_.+/=%-]*/g, MARK);
  if (/:\/\/|:\\+\/|%3a%2f%2f/i.test(text)) text = withoutLogins(text);
  if (text.includes('$')) text = text.replace(CRYPTED, MARK);
  if (/[Tt]okens\//.test(text)) text = text.replace(/([Tt]okens\/)([A-Za-z0-9_=%-]+)/g, hideTokenId);
  if (/[Bb]earer|[Bb]asic |BEARER|BASIC /.test(text)) text = text.replace(SCHEME, hideCredentials);
  text = withoutCommands(text);
  if (/=|%3d/i.test(text)) text = text.replace(/(^|[^A-Za-z0-9_/+-])[A-Za-z0-9_-]{43}(?:=|%3[Dd])/g, `$1${MARK}`);
  return text.replace(/[A-Za-z0-9+/_-]{22,}=*/g, (word, at: number, whole: string) =>
    hideRandom(word, whole.slice(Math.max(0, at - 8), at)),
  );
}

const CRYPTED = /[$](?:1|5|6|2[abxy]|apr1|y|scrypt|bcrypt[a-z0-9-]*|pbkdf2[a-z0-9-]*|argon2[a-z]*)[$][^ \t"',:;]+/g;
const SCHEME = /((?:[Bb]earer|BEARER|[Bb]asic|BASIC)(?: |%20)+)([A-Za-z0-9._~+/=-]+)/g;

function hideTokenId(_: string, head: string, id: string): string {
  return head + (id.length >= 20 && /[0-9]/.test(id) ? MARK : id);
}

function hideCredentials(_: string, head: string, word: string): string {
  return head + (word.length >= 8 && /[0-9A-Z=]/.test(word) && !/^[A-Z][a-z]+$/.test(word) ? MARK : word);
}

const LOGIN = /(?::\/\/|:\\+\/\\+\/|%3[Aa]%2[Ff]%2[Ff])[^ \t/:@,"'<>?%]*(?:%40[^ \t/:@,"'<>?%]*)?(?::|%3[Aa])/g;

/** `scheme://user:password@host`, several hosts too, escaped and encoded too. A password may itself have an `@` or a `/`. */
function withoutLogins(text: string): string {
  let [out, at] = ['', 0];
  for (;;) {
    LOGIN.lastIndex = at;
    const login = LOGIN.exec(text);
    if (!login) return out + text.slice(at);
    const begin = login.index + login[0].length;
    const length = text.slice(begin).search(/[ \t"'<>`]|\\n|\\r|\\"/);
    const end = length < 0 ? text.length : begin + length;
    out += text.slice(at, begin) + withoutPassword(text.slice(begin, end));
    at = end;
  }
}

/** What stands after `scheme://user:` up to the end of the address. */
function withoutPassword(rest: string): string {
  if (/^[0-9]+(?:[/?#,)\]]|%2[Ff]|$)/.test(rest) && !/^[0-9]+%40/.test(rest)) return rest;
  if (rest.startsWith(MARK) && !/,[^,:@/]+:/.test(rest)) return rest;
  const found = [...rest.matchAll(/(?:@|%40)(?=[A-Za-z0-9_.[])/g)].at(-1);
  if (!found) return rest;
  const further = rest
    .slice(0, found.index)
    .matchAll(/(?:@|%40)[A-Za-z0-9_.[\]-]+(?:(?::|%3[Aa])[0-9]+)?(?:,|%2[Cc])[A-Za-z0-9_.-]+(?::|%3[Aa])/g);
  return MARK + [...further].map(([hosts]) => hosts + MARK).join('') + rest.slice(found.index);
}

/** Programs that take a password without a name for it; the password begins at the last character of the match. */
const COMMANDS = [
  /identified by (?:password )?["'`]/,
  /set password for [^=]+= *["'`]/,
  /mysql[a-z]* .*-p[^ \t-]/,
  /sshpass +-p *[^ \t]/,
  /(?:curl|wget) .*(?:-u|--user|--proxy-user)[ =]*["']?[^ \t:"']+:[^ \t"']/,
  /(?:add_user|change_password|authenticate_user) +[^ \t]+ +[^ \t]/,
  /stats +auth +[^ \t:]+:[^ \t]/,
] as const;

function withoutCommands(line: string): string {
  let text = line;
  const low = lowered(line);
  if (!/identified by|password for|mysql|sshpass|curl|wget|_user|change_password|stats +auth/.test(low)) return line;
  for (const command of COMMANDS) {
    const found = command.exec(lowered(text));
    if (found && !/[a-z]-p.$/.test(found[0])) text = withoutWord(text, found.index + found[0].length - 1);
  }
  return text;
}

function withoutWord(text: string, at: number): string {
  if (text.startsWith(MARK, at)) return text;
  const quote = text[at] ?? '';
  const quoted = quote === '"' || quote === "'" || quote === '`';
  const length = quoted ? text.indexOf(quote, at + 1) - at : text.slice(at).search(/[ \t"'`]/);
  const end = length < 0 ? text.length : at + length + (quoted ? 1 : 0);
  return text.slice(0, at) + MARK + text.slice(end);
}

function hideRandom(word: string, before: string): string {
  return isRandom(word) && !/(?:SHA(?:256|512|1)[:}]|sha(?:256|384|512)[:}-])$/.test(before) ? MARK : word;
}

/** Do the characters change their kind as often as random ones do? */
export function isRandom(word: string): boolean {
  let [upper, lower, digit, changes, last] = [0, 0, 0, 0, ''];
  for (let at = 0; at < word.length; at++) {
    const kind = kindOfCharacter(word.charCodeAt(at));
    if (kind === 'upper') upper += 1;
    else if (kind === 'lower') lower += 1;
    else if (kind === 'digit') digit += 1;
    if (kind !== last) changes += 1;
    last = kind;
  }
  if (upper === 0 || lower === 0 || digit === 0 || /sha(?:256|384|512)-/.test(word)) return false;
  const length = word.length;
  if (word.endsWith('=') && length % 4 === 0 && changes >= length * 0.25) return true;
  return changes >= length * 0.33 && upper >= length * 0.12 && lower >= length * 0.12 && digit >= length * 0.04;
}

function kindOfCharacter(code: number): 'upper' | 'lower' | 'digit' | 'other' {
  if (code >= 0x61 && code <= 0x7a) return 'lower';
  if (code >= 0x30 && code <= 0x39) return 'digit';
  return code >= 0x41 && code <= 0x5a ? 'upper' : 'other';
}

/** What a name stands for; `auth` is a header of authorization, `cookie` one of cookies. */
export type Kind = 'auth' | 'cookie' | 'token' | 'secret';

export const MARK = '[redacted]';

// Names may be glued together in any way; what decides is how they end.
const SECRET_WORD =
  /(?:pass(?:word|wd|phrase|code)|pswd|secret|(?:private|api|access|hmac|encrypt(?:ion|ed)|fernet|ssl|session|credential|shared|master|signing|signature|heartbeat|auth|account|storage|license|ssh|rndc|cluster|remote|cookie|trans|url|(?:ceph|octavia|pacemaker|designate|migration)[a-z0-9]*)key|kek|configdrive|hash(?:path)?(?:suffix|prefix)|credential|signature|samlresponse|assertion|community|sess(?:ion)?id|requirepass|masterauth)/g;
// What these words are the beginning of is about a secret and is none: password_expires_at.
const HARMLESS_END =
  /^s?(?:expir|(?:hash)?(?:algorithm|round|ident)|hashing|regex|min|max|len|count|type|ur[il]|ref|polic|file|path|dir|method|age$|change|histor|lock|desc|require|ttl|provider|size|repo|version|name|status|creat|updat|at$|auth$|enable|attempt|fail|reset|cache|bind|driver|store|valid|revo|issu|format|scheme|strength|unique|rotat|self|audience|uuid|usage|strip|domain|href|manager|service|plugin|backend|handler|error|exception)/;
/** What a name has in it that stands for a secret. */
export const CANDIDATE =
  /pass|pwd|pswd|secret|token|key|authorization|cookie|credential|sig|assertion|samlresponse|community|kek|configdrive|hash|sess|masterauth/g;
const HARMLESS_VALUE =
  /^(?:null|none|nil|true|false|yes|no|undefined|unset|empty|-|n\/a|[*x]+|<[a-z _-]+>|\$\{?[a-z_]+\}?|%\([a-z_]+\)s|\{sha[0-9]+\}[0-9a-f]+|\{\}|\[\]|[0-9]|\[redacted\])$/;
const BEYOND_ASCII = /[\u0080-\uffff]/;

/** ASCII only: every offset stays what it was. */
export function lowered(text: string): string {
  return BEYOND_ASCII.test(text) ? text.replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase()) : text.toLowerCase();
}

/** By how a name ends, in lower case. */
export function kindOf(name: string): Kind | undefined {
  const plain = name.slice(-120).replace(/[_.-]/g, '');
  if (/authorization$/.test(plain)) return 'auth';
  if (/cookie2?$/.test(plain)) return 'cookie';
  const last = [...plain.matchAll(SECRET_WORD)].at(-1);
  if (last) {
    const rest = plain.slice(last.index + last[0].length);
    return /^s?$/.test(rest) || !HARMLESS_END.test(rest) ? 'secret' : undefined;
  }
  if (/(?:pass|pwd)[0-9]?$/.test(plain) && !/(?:by|com|proxy|tres|sur|single|multi)pass$/.test(plain)) return 'secret';
  if (/(?:^|[0-9]|url|hmac|request|body|token|amz)sig$/.test(plain)) return 'secret';
  return /(?:token|jwt)(?:id|data|value|string|hash)?[0-9]?$/.test(plain) ? 'token' : undefined;
}

interface Around {
  readonly name: string;
  readonly kind: Kind;
  /** What stands between name and value: `=`, `:`, `,`, `>` or a space. */
  readonly separator: string;
  readonly quoted: boolean;
  /** A scheme of several words stands before the value. */
  readonly whole: boolean;
}

/** Values that say that there is none, and words after a name that is followed by a text. */
export function isHarmless(text: string, { name, kind, separator, quoted, whole }: Around): boolean {
  const low = lowered(text).trim();
  if (low === '' || HARMLESS_VALUE.test(low) || low.startsWith(MARK)) return true;
  const hasDigit = /[0-9]/.test(low);
  if (kind === 'token' && !quoted && separator === ':')
    return (!/[_-]/.test(name) || name.includes('.')) && !hasDigit && low.length < 200;
  if (kind === 'auth' && separator !== ' ') return !quoted && !whole && low.length < 4 && !/[0-9=]/.test(low);
  if (separator === ',') return /^[a-z_ -]*$/.test(text) || /^[A-Z][a-z]+(?:-[A-Z][a-z]*)*$/.test(text) || /^X-/.test(text);
  return /^(?:old)?pwd$/.test(name) && /^[/~]/.test(text);
}

import { expect, test } from 'vitest';
import type { Diagnostic } from '../../src/domain/action.js';
import { readCollected } from '../../src/unit/collected.js';
import { collectScripts } from '../../src/unit/request.js';
import { aUnit } from './a-unit.js';
import { NOW } from './unit-files.js';
import { MODEL, UNIT, type UnitFolder } from './unit-folder.js';

function diagnostic(collect: string, id = 'd', timeoutSeconds = 10): Diagnostic {
  const described = { id, aliases: [], title: id, description: '', params: [], source: 'test' };
  return {
    ...described,
    appliesTo: { charms: [], needs: [] },
    kind: 'diagnostic',
    mode: 'passive',
    collect,
    timeoutSeconds,
    findings: [],
  };
}

async function collect(unit: UnitFolder, scripts: readonly Diagnostic[], params: Readonly<Record<string, string>> = {}) {
  const [script] = collectScripts(MODEL, scripts, params, [UNIT]);
  const ran = await unit.run(script?.text ?? '');
  const collected = readCollected(ran.stdout, UNIT);
  if (!collected.ok) throw new Error(`${collected.code} ${collected.message} ${ran.stderr}`);
  return collected.value.map(({ unjailed: _, ...rest }) => rest);
}

async function evidenceOf(unit: UnitFolder, script: string, params: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const [collected] = await collect(unit, [diagnostic(script)], params);
  return (collected?.evidence.line ?? []).map(({ text }) => text);
}

test('facts and evidence of each diagnostic come back by name, numbers as numbers', async () => {
  const unit = await aUnit();

  const collected = await collect(unit, [
    diagnostic('fact a.b 5; fact c "text here"; evidence line one; evidence line two', 'first'),
    diagnostic('echo noise; fact only 1', 'second'),
  ]);

  expect(collected).toEqual([
    {
      diagnostic: 'first',
      facts: { 'a.b': 5, c: 'text here' },
      evidence: {
        line: [
          { unit: UNIT, text: 'one' },
          { unit: UNIT, text: 'two' },
        ],
      },
      cutBytes: 0,
    },
    { diagnostic: 'second', facts: { only: 1 }, evidence: {}, cutBytes: 0 },
  ]);
});

test('parameters arrive as they were given, whatever they hold', async () => {
  const unit = await aUnit();
  const value = '$(touch "$ROOT/pwned") `id` \' " \\ %41 \n two\tlines ä€🙂 ; | & > x';

  expect(await evidenceOf(unit, 'evidence line "$PARAM_SOME_TEXT"', { 'some-text': value })).toEqual([value]);
  expect(unit.state('pwned')).toEqual({ kind: 'absent' });
});

test('a script that fails, hangs or is no bash costs nothing but itself', async () => {
  const unit = await aUnit();

  const collected = await collect(unit, [
    diagnostic('fact before 1; echo "it broke" >&2; exit 3', 'fails'),
    diagnostic('fact before 1; /bin/sleep 30', 'hangs', 1),
    diagnostic('if then', 'unreadable'),
    diagnostic('fact x "$UNSET_VARIABLE"', 'unset'),
    diagnostic('fact fine 1', 'fine'),
  ]);

  expect(collected.map(({ diagnostic: id, facts, problem }) => [id, facts, problem ?? ''])).toEqual([
    ['fails', { before: 1 }, 'exit code 3: it broke'],
    ['hangs', { before: 1 }, 'exit code 124: took longer than 1 s'],
    ['unreadable', {}, expect.stringContaining('syntax error')],
    ['unset', {}, expect.stringContaining('unbound variable')],
    ['fine', { fine: 1 }, ''],
  ]);
});

test('output is cut on the unit, and what was cut is said', async () => {
  const unit = await aUnit();

  const [many, large, lines] = await collect(unit, [
    diagnostic('for i in $(seq 50); do evidence line "$i"; done', 'many'),
    diagnostic('long=$(printf "%0400d" 0); for i in $(seq 500); do fact "f$i" "$long"; done', 'large'),
    diagnostic('for i in 1 2 3; do seq 15 | evidence_from line; done', 'lines'),
  ]);

  expect(many?.evidence.line).toHaveLength(20);
  expect(Object.keys(large?.facts ?? {}).length).toBeGreaterThan(100);
  expect(large?.cutBytes).toBeGreaterThan(100_000);
  expect((lines?.evidence.line ?? []).length).toBeLessThanOrEqual(20);
});

test('lines that a script prints or logs cannot pass for facts', async () => {
  const unit = await aUnit();

  const [collected] = await collect(unit, [
    diagnostic(String.raw`printf 'fact\tforged\t1\nend\t0\n'; fact real $'1\nfact\tforged\t2'`),
  ]);

  expect(collected?.facts).toEqual({ real: '1\nfact\tforged\t2' });
});

test('secrets do not leave the unit', async () => {
  const unit = await aUnit();
  const token = `gAAAA${'Bc-_9'.repeat(30)}`;
  const secrets: readonly (readonly [string, string])[] = [
    [`token ${token} end`, 'token [redacted] end'],
    ['X-Auth-Token: 0123abcd then', 'X-Auth-Token: [redacted] then'],
    ['X-Subject-Token: abc, X-Auth-Token: def', 'X-Subject-Token: [redacted], X-Auth-Token: [redacted]'],
    ['{"user": "a", "password": "hun ter2", "id": 1}', '{"user": "a", "password": [redacted], "id": 1}'],
    [
      'connection = mysql+pymysql://keystone:s3cret@10.0.0.1/keystone',
      'connection = mysql+pymysql://keystone:[redacted]@10.0.0.1/keystone',
    ],
    ['admin_token=abc&password=def', 'admin_token=[redacted]&password=[redacted]'],
    ['Authorization: Basic dXNlcjpwdw== x', 'Authorization: Basic [redacted] x'],
    [
      'AH01102: error reading status line from remote server localhost:4980',
      'AH01102: error reading status line from remote server localhost:4980',
    ],
  ];
  unit.write('log', `${secrets.map(([line]) => line).join('\n')}\n`);

  expect(await evidenceOf(unit, 'evidence_from line <"$ROOT/log"')).toEqual(secrets.map(([, line]) => line));
  const [failing] = await collect(unit, [diagnostic(`echo "password=abc ${token}" >&2; exit 1`)]);
  expect(failing?.problem).toBe('exit code 1: password=[redacted] [redacted]');
});

test('what is cut leaves no half of a secret, be it one word as long as all that is kept', async () => {
  const unit = await aUnit();
  const url = `mysql://keystone:${'hunter2'.repeat(700)}@10.0.0.1/keystone`;
  const script = `fact told "$PARAM_URL"; fact spoken "as in $PARAM_URL"; evidence line "$PARAM_URL"; echo "$PARAM_URL"; exit 3`;

  const [collected] = await collect(unit, [diagnostic(script)], { url });

  expect(JSON.stringify(collected)).not.toContain('hunter2');
  expect([collected?.facts.told, collected?.facts.spoken, collected?.problem]).toEqual(['', 'as in', 'exit code 3']);
});

const HEX = '0123456789abcdef0123456789abcdef';

const HIDDEN: readonly (readonly [string, string])[] = [
  [`{'X-Auth-Token': '${HEX}', 'Accept': '*/*'}`, "{'X-Auth-Token': [redacted], 'Accept': '*/*'}"],
  ["{u'name': u'admin', u'password': u'S3', u'id': 1}", "{u'name': u'admin', u'password': [redacted], u'id': 1}"],
  ["{'adminPass': 'S3'}", "{'adminPass': [redacted]}"],
  [String.raw`body "{\"password\": \"S\\\"3\", \"id\": 1}"`, String.raw`body "{\"password\": [redacted], \"id\": 1}"`],
  [String.raw`{"password": "a\"S3", "id": 1}`, '{"password": [redacted], "id": 1}'],
  ['a password="S3 and the rest', 'a password=[redacted]'],
  ["{'password': 'S3 and, the rest", "{'password': [redacted]"],
  ["'Authorization': 'Basic UzM=', 'x': 1", "'Authorization': [redacted], 'x': 1"],
  ['authorization: Digest username="a", response="S3"', 'authorization: Digest [redacted]'],
  ['Authorization: Custom S3 x', 'Authorization: Custom [redacted] x'],
  ['rabbit://a:x@h1:5672,b:S3@h2:5672/v', 'rabbit://a:[redacted]@h1:5672,b:[redacted]@h2:5672/v'],
  ['mysql://u:p@S3@h/db', 'mysql://u:[redacted]@h/db'],
  ['Cookie: a=S3; b=S3', 'Cookie: [redacted]'],
  ["{'Set-Cookie': 'session=S3; Path=/', 'x': 1}", "{'Set-Cookie': [redacted], 'x': 1}"],
  ['hmac_key = S3', 'hmac_key = [redacted]'],
  ['memcache_secret_key = S3,S3 S3', 'memcache_secret_key = [redacted]'],
  ['OS_PASSWD=S3 x', 'OS_PASSWD=[redacted] x'],
  ['Passwd=S3', 'Passwd=[redacted]'],
  ['  OIDCClientSecret S3', '  OIDCClientSecret [redacted]'],
  ['AuthLDAPBindPassword "S 3"', 'AuthLDAPBindPassword [redacted]'],
  ['SetEnv OS_PASSWORD S3', 'SetEnv OS_PASSWORD [redacted]'],
  ['RequestHeader set X-Auth-Token "S3"', 'RequestHeader set X-Auth-Token [redacted]'],
  ['openstack --os-password S3 token issue', 'openstack --os-password [redacted] token issue'],
  [`"GET /v2.0/tokens/${HEX}/endpoints HTTP/1.1" 200`, '"GET /v2.0/tokens/[redacted]/endpoints HTTP/1.1" 200'],
  ['password%22%3A%22S3%22&a=b', 'password%22%3A[redacted]&a=b'],
  ['password=uS3', 'password=[redacted]'],
  [`${'x '.repeat(80)}password="S3 ${'S3'.repeat(2500)}`, `${'x '.repeat(80)}password=[redacted]`],
  [`${`gAAAA${'x'.repeat(995)} `.repeat(4).slice(0, 3985)} amqp://u:S3S3S3S3@h`, '[redacted] [redacted] [redacted] [redacted]'],
];

/** What is shown of each of these log lines. */
async function shownOf(lines: readonly string[]): Promise<string[]> {
  const unit = await aUnit();
  unit.write('log', `${lines.join('\n')}\n`);
  const script = 'n=0; while IFS= read -r line; do n=$((n + 1)); evidence "line$n" "$line"; done <"$ROOT/log"';
  const [collected] = await collect(unit, [diagnostic(script)]);
  return lines.map((_, index) => collected?.evidence[`line${index + 1}`]?.[0]?.text ?? '');
}

test('secrets are hidden however they are written, cut off ones too', async () => {
  expect(await shownOf(HIDDEN.map(([text]) => text))).toEqual(HIDDEN.map(([, shown]) => shown));
});

test('ordinary log lines and directives stay as they are', async () => {
  const lines = [
    '[Mon Nov 23 13:33:40.380493 2026] [proxy_http:error] [pid 4242:tid 1401] (20014)Internal error (specific information not available): [client 10.0.0.9:51000] AH01102: error reading status line from remote server localhost:4980',
    '[Mon Nov 23 13:33:40.380493 2026] [proxy:error] [pid 1:tid 2] [client 10.0.0.9:51000] AH00898: Error reading from remote server returned by /v3/auth/tokens',
    '[Mon Nov 23 13:33:40 2026] [proxy:error] (111)Connection refused: AH00957: HTTP: attempt to connect to 127.0.0.1:4980 (localhost) failed',
    '[mpm_event:error] [pid 11:tid 12] AH00484: server reached MaxRequestWorkers setting, consider raising the MaxRequestWorkers setting',
    "2026-11-23 13:33:40.380493 (13)Permission denied: mod_wsgi (pid=4242): Unable to connect to WSGI daemon process 'keystone-public' on '/var/run/apache2/wsgi.4242.3.1.sock' as user with uid=33.",
    "2026-11-23 13:33:40 Timeout when reading response headers from daemon process 'keystone-public': /usr/bin/keystone-wsgi-public",
    'mod_wsgi (pid=9): Request origin could not be validated.',
    'AH00052: child pid 812 exit signal Segmentation fault (11)',
    '2026-11-23 13:33:40.380 812 WARNING keystone.server.flask.application [req-1f2e - - - - -] Authorization failed. The request you have made requires authentication. from 10.0.0.9: keystone.exception.Unauthorized: The request you have made requires authentication.',
    '2026-11-23 13:33:40.380 812 WARNING keystonemiddleware.auth_token [-] Authorization failed for token: InvalidToken: Token authorization failed',
    '2026-11-23 13:33:40.380 812 WARNING keystone.common.fernet_utils [-] Could not recognize Fernet token: TokenNotFound',
    'CRITICAL keystonemiddleware.auth_token [-] Unable to validate token: Failed to fetch token data from identity server: ServiceUnavailable',
    '10.0.0.9 - - [23/Nov/2026:13:33:40 +0000] "POST /v3/auth/tokens HTTP/1.1" 201 7012 "-" "python-keystoneclient"',
    '10.0.0.9 - - [23/Nov/2026:13:33:40 +0000] "GET /v3/users/0123456789abcdef0123456789abcdef HTTP/1.1" 200 301 "http://10.0.0.1:5000/" "curl/7"',
    'WSGIDaemonProcess keystone-public processes=4 threads=1 user=keystone group=keystone display-name=%{GROUP}',
    'SSLCertificateKeyFile /etc/apache2/ssl/keystone/key_10.0.0.1',
    'SSLPassPhraseDialog exec:/usr/share/apache2/ask-for-passphrase',
    'AuthBasicProvider ldap',
    'SetEnv proxy-initial-not-pooled 1',
    'ProxyPass / http://localhost:4980/ retry=0',
    'Connection: keep-alive, Keep-Alive: timeout=5, max=100',
  ];
  expect(await shownOf(lines)).toEqual(lines);
});

test('a log is read back by its own times in both formats, the rotated one too', async () => {
  const unit = await aUnit();
  const at = (secondsAgo: number): Date => new Date((NOW - secondsAgo) * 1000);
  const day = (date: Date): string => date.toISOString().slice(0, 10);
  const clock = (date: Date): string => date.toISOString().slice(11, 19);
  const part = (date: Date, options: Intl.DateTimeFormatOptions): string =>
    date.toLocaleString('en', { timeZone: 'UTC', ...options });
  const stock = (ago: number): string => {
    const date = at(ago);
    const [weekday, month] = [part(date, { weekday: 'short' }), part(date, { month: 'short' })];
    return `[${weekday} ${month} ${String(date.getUTCDate()).padStart(2, '0')} ${clock(date)}.123456 ${date.getUTCFullYear()}] [x:error] ${ago}`;
  };
  const charm = (ago: number): string => `${day(at(ago))} ${clock(at(ago))}.123456 ${ago}`;
  const access = (ago: number): string => {
    const date = at(ago);
    const stamp = `${String(date.getUTCDate()).padStart(2, '0')}/${part(date, { month: 'short' })}/${date.getUTCFullYear()}:${clock(date)}`;
    return `10.0.0.1 - - [${stamp} +0000] "GET / HTTP/1.1" 200 ${ago}`;
  };
  for (const [name, format] of Object.entries({ stock, charm, access })) {
    unit.write(`var/log/${name}.log.1`, `${format(5000)}\n  goes with 5000\n${format(800)}\n`);
    unit.write(`var/log/${name}.log`, `${format(100)}\n  goes with 100\n${format(1)}\n`);
    const script = `log_since "$ROOT/var/log/${name}.log" "$PARAM_WINDOW" | evidence_from line`;
    expect(await evidenceOf(unit, script, { window: '900' })).toEqual([format(800), format(100), '  goes with 100', format(1)]);
  }
});

test('daemon groups are read from continued lines, and counted by parent, user and cut name', async () => {
  const unit = await aUnit();
  unit.write(
    'etc/apache2/sites-enabled/wsgi-openstack-api.conf',
    `# WSGIDaemonProcess commented processes=9
<VirtualHost *:4980>
\tWSGIDaemonProcess nova-api-os-compute processes=3 threads=2 \\
\t    user=nova display-name=%{GROUP}
  wsgidaemonprocess "barbican-api" processes=2 user=barbican display-name=%{GROUP}
  WSGIDaemonProcess barbican-api-admin user=barbican display-name=%{GROUP}
  WSGIDaemonProcess plain processes=4
</VirtualHost>
`,
  );
  unit.write(
    'run/service/ps',
    [
      '4242 nova (wsgi:nova-api-os -k start',
      '4242 nova (wsgi:nova-api-os -k start',
      '1 nova (wsgi:nova-api-os -k start',
      '4242 cinder (wsgi:nova-api-os -k start',
      '4242 barbican (wsgi:barbican-ap -k start',
      '4242 barbican (wsgi:barbican-ap -k start',
      '4242 barbican (wsgi:barbican-ap -k start',
      '4242 www-data /usr/sbin/apache2 -k start',
      '',
    ].join('\n'),
  );
  const site = '/etc/apache2/sites-enabled/wsgi-openstack-api.conf';

  expect(await evidenceOf(unit, 'wsgi_groups | evidence_from line; wsgi_running | evidence_from line')).toEqual([
    `nova-api-os-compute 3 2 nova ${site}`,
    `barbican-api 2 15 barbican ${site}`,
    `barbican-api-admin 1 15 barbican ${site}`,
    `plain 4 15 www-data ${site}`,
    'nova-api-os-compute 2 5101 5102',
    'barbican-api 2 5105 5106 5107',
    'barbican-api-admin 1 5105 5106 5107',
    'plain -',
  ]);
});

test('haproxy is asked over its socket by python where there is no socat', async () => {
  const unit = await aUnit();
  unit.write('usr/sbin/socat', '#!/bin/sh\nread -r what\necho "# pxname,$what,$4"\n', 0o755);
  unit.write('etc/haproxy/haproxy.cfg', 'global\n  stats socket /run/haproxy/admin.sock mode 600 level admin\n');

  const [line] = await evidenceOf(unit, 'haproxy_stat | evidence_from line');

  expect(line).toBe(`# pxname,show stat,UNIX-CONNECT:${unit.at('run/haproxy/admin.sock')}`);
});

test('what this unit has as a secret is hidden wherever it appears, however it is encoded', async () => {
  const unit = await aUnit();
  const secret = 'tr0ub4dor&"3/x';
  unit.write(
    'etc/keystone/keystone.conf',
    `[DEFAULT]\n# admin_token = inAComment99\nadmin_token = ${secret}\n[database]\nconnection = mysql+pymysql://keystone:Zx81spectrum@10.0.0.1/keystone\n[x]\npassword = keystone\nadmin_port = 35357\n`,
  );
  unit.write('etc/apache2/conf-enabled/oidc.conf', 'OIDCClientSecret "n0t-a-w0rd"\n');
  const encoded = ['', 'a', 'ab'].map((before) => Buffer.from(`${before}${secret}zz`).toString('base64'));
  const lines = [
    `it said ${secret} to me`,
    `it said ${encodeURIComponent(secret)} to me`,
    `it said ${JSON.stringify(secret)} to me`,
    ...encoded.map((text) => `it said ${text} to me`),
    'user keystone logged in with Zx81spectrum',
    'see n0t-a-w0rd',
    'port 35357, inAComment99, keystone',
  ];
  unit.write('log', `${lines.join('\n')}\n`);

  const shown = await evidenceOf(unit, 'evidence_from line <"$ROOT/log"');

  expect(shown.slice(0, 3)).toEqual(['it said [redacted] to me', 'it said [redacted] to me', 'it said "[redacted]" to me']);
  // What is left of base64 is of the bytes around the secret.
  for (const line of shown.slice(3, 6)) expect(line).toMatch(/^it said .{0,4}\[redacted\].{0,6} to me$/);
  expect(shown.slice(6)).toEqual(['user keystone logged in with [redacted]', 'see [redacted]', lines[8]]);
});

/**
 * Lines with secrets in them, and lines without, as the programs of an OpenStack cloud write them. Made from what those programs do and
 * from nothing that the redactor knows: no name, pattern or code is shared with it, so that both can be wrong apart from each other.
 */
import { type Random, seeded } from './random.js';

export interface Sample {
  /** One log line, or several that were written one after the other. */
  readonly line: string;
  /** What must not be read in it any more, as it is written there. Empty: an ordinary line, to be left as it is. */
  readonly secrets: readonly string[];
  readonly kind: string;
  readonly encoding: string;
}

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';
const ALNUM = `${LOWER}${LOWER.toUpperCase()}${DIGITS}`;
const BASE64 = `${ALNUM}+/`;
const URLSAFE = `${ALNUM}-_`;
const HEX = '0123456789abcdef';

interface Secret {
  /** What the program calls it: the key of a setting or of a body, the name of a header or an option. */
  readonly name: string;
  readonly value: string;
  /** The part of the value that is secret, where not all of it is. */
  readonly part?: string;
}

type Kind = (random: Random) => Secret;

const uuid = (r: Random): string => [8, 4, 4, 4, 12].map((length) => r.text(length, HEX)).join('-');
const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
const human = (r: Random): string => {
  const words = [
    'Spring',
    'hunter',
    'Winter',
    'monkey',
    'Passw0rd',
    'correct',
    'horse',
    'Admin',
    'c10ud',
    'letme1n',
    'Berlin',
    'qwertz',
  ];
  const joint = ['!', '#', '$', '@', '-', '_', '.', '*', '+', '?', '^', '~', '(', '/', ':', '=', '%', '|'];
  return `${r.pick(words)}${r.pick(joint)}${r.text(3, DIGITS)}${r.pick(joint)}${r.text(4, ALNUM)}`;
};
const fernet = (r: Random): string => `gAAAAAB${r.text(r.pick([93, 117, 157, 181, 205]), URLSAFE)}${r.pick(['', '=', '=='])}`;

const KINDS: Readonly<Record<string, Kind>> = {
  'fernet-token': (r) => ({
    name: r.pick(['X-Auth-Token', 'X-Subject-Token', 'X-Service-Token', 'token', 'auth_token']),
    value: fernet(r),
  }),
  'uuid-token': (r) => ({
    name: r.pick(['X-Auth-Token', 'X-Subject-Token', 'X-Storage-Token', 'auth_token', 'os_token']),
    value: r.text(32, HEX),
  }),
  'jws-token': (r) => ({
    name: r.pick(['X-Auth-Token', 'X-Subject-Token', 'access_token', 'id_token', 'refresh_token']),
    value: `eyJ${r.text(33, URLSAFE)}.eyJ${r.text(r.pick([120, 200]), URLSAFE)}.${r.text(86, URLSAFE)}`,
  }),
  'user-password': (r) => ({
    name: r.pick(['password', 'original_password', 'OS_PASSWORD', 'user_password', 'adminPass', 'new_password']),
    value: human(r),
  }),
  'service-password': (r) => ({
    name: r.pick(['password', 'admin_password', 'service_password', 'rabbit_password', 'nova_password']),
    value: r.text(32, ALNUM),
  }),
  'database-password': (r) => {
    const part = r.text(r.pick([16, 32]), ALNUM);
    const user = r.pick(['keystone', 'gnocchi', 'nova', 'nova_api', 'glance']);
    const scheme = r.pick(['mysql+pymysql', 'mysql', 'postgresql+psycopg2', 'mysql+mysqldb']);
    return {
      name: r.pick(['connection', 'slave_connection', 'sql_connection', 'url']),
      value: `${scheme}://${user}:${part}@10.${r.below(9)}.0.${r.below(250)}/${user}?charset=utf8`,
      part,
    };
  },
  'rabbit-password': (r) => {
    const part = r.text(64, ALNUM);
    const user = r.pick(['nova', 'cinder', 'gnocchi', 'ceilometer']);
    return {
      name: r.pick(['transport_url', 'url', 'notification_transport_url']),
      value: `rabbit://${user}:${part}@10.5.0.${r.below(250)}:5672,${user}:${part}@10.5.0.${r.below(250)}:5672/openstack`,
      part,
    };
  },
  'fernet-key': (r) => ({
    name: r.pick(['fernet_key', 'encryption_key', 'key-0', 'credential_key', 'fixed_key']),
    value: `${r.text(43, URLSAFE)}=`,
  }),
  'private-key': (r) => ({ name: r.pick(['ssl_key', 'private_key', 'key', 'id_rsa']), value: privateKey(r), part: '' }),
  'memcache-key': (r) => ({
    name: r.pick(['memcache_secret_key', 'memcached_secret_key']),
    value: r.text(r.pick([32, 64]), HEX),
  }),
  'ec2-secret': (r) => ({
    name: r.pick(['secret', 'aws_secret_access_key', 'secret_key', 'ec2_secret_key', 's3_store_secret_key']),
    value: r.pick([r.text(32, HEX), r.text(40, BASE64)]),
  }),
  'application-credential': (r) => ({
    name: r.pick(['secret', 'application_credential_secret', 'OS_APPLICATION_CREDENTIAL_SECRET']),
    value: r.text(86, URLSAFE),
  }),
  'client-secret': (r) => ({
    name: r.pick(['client_secret', 'OIDCClientSecret', 'OIDCCryptoPassphrase', 'oauth_consumer_secret']),
    value: r.pick([uuid(r), r.text(32, ALNUM), r.text(43, URLSAFE)]),
  }),
  'admin-token': (r) => ({
    name: 'admin_token',
    value: r.pick([r.text(16, ALNUM), r.text(10, HEX), 'ADMIN4711', 'openstack!23']),
  }),
  'shared-secret': (r) => ({
    name: r.pick([
      'metadata_proxy_shared_secret',
      'shared_secret',
      'metadata-shared-secret',
      'neutron_metadata_proxy_shared_secret',
    ]),
    value: r.pick([uuid(r), r.text(32, ALNUM)]),
  }),
  'session-cookie': (r) => {
    const part = r.text(32, `${LOWER}${DIGITS}`);
    return {
      name: r.pick(['Cookie', 'Set-Cookie']),
      value: `${r.pick(['sessionid', 'mellon-cookie', 'JSESSIONID', '_shibsession_64'])}=${part}`,
      part,
    };
  },
  'ldap-password': (r) => ({
    name: r.pick(['ldap_password', 'bind_password', 'ldap_bind_password', 'AuthLDAPBindPassword']),
    value: human(r),
  }),
  'basic-login': (r) => {
    const part = base64(`${r.pick(['admin', 'gnocchi', 'svc-heat'])}:${r.text(r.pick([5, 9, 14]), ALNUM)}`);
    return { name: r.pick(['Authorization', 'Proxy-Authorization']), value: `Basic ${part}`, part };
  },
  signature: (r) => ({
    name: r.pick(['temp_url_sig', 'X-Amz-Signature', 'signature', 'hmac_signature']),
    value: r.pick([r.text(40, HEX), r.text(64, HEX)]),
  }),
  'cluster-secret': (r) =>
    r.pick([
      { name: 'swift_hash_path_suffix', value: uuid(r) },
      { name: 'heartbeat_key', value: r.text(24, ALNUM) },
      { name: 'vrrp_password', value: r.text(8, ALNUM) },
      { name: 'vault_token', value: `s.${r.text(24, ALNUM)}` },
      { name: 'erlang_cookie', value: r.text(20, LOWER.toUpperCase()) },
      { name: 'ceph_key', value: `AQ${r.text(36, BASE64)}==` },
    ]),
};

function privateKey(r: Random): string {
  const type = r.pick(['RSA PRIVATE KEY', 'PRIVATE KEY', 'EC PRIVATE KEY', 'OPENSSH PRIVATE KEY']);
  const body = Array.from({ length: r.pick([3, 14, 26]) }, () => r.text(64, BASE64));
  return [`-----BEGIN ${type}-----`, ...body, `${r.text(r.pick([12, 24, 44]), BASE64)}==`, `-----END ${type}-----`].join('\n');
}

const json = (text: string): string => JSON.stringify(text).slice(1, -1);
const inQuery = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
const pythonText = (text: string): string =>
  text.includes("'") && !text.includes('"')
    ? `"${text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}"`
    : `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`;
const xml = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
const shell = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

interface Written {
  readonly text: string;
  readonly secrets: readonly string[];
}

type Encoding = (secret: Secret, random: Random) => Written;

/** What of a value is secret, written in the same way as the value. */
function parts({ value, part }: Secret, write: (text: string) => string): string[] {
  if (part === undefined) return [write(value)];
  if (part !== '') return [write(part)];
  return value
    .split('\n')
    .filter((line) => !line.startsWith('-----'))
    .map(write);
}

const isHeader = (name: string): boolean => /^[A-Z]/.test(name) && name.includes('-');
const isCookieOrLogin = (name: string): boolean => /cookie$|authorization$/i.test(name) && name[0] === name[0]?.toUpperCase();
const asHeader = (name: string): string =>
  isHeader(name) || isCookieOrLogin(name)
    ? name
    : `X-${name
        .split(/[_-]/)
        .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
        .join('-')}`;
const asOption = (name: string): string => `--${name.replace(/^X-/, 'os-').replaceAll('_', '-').toLowerCase()}`;
const asKey = (name: string): string => name;
const oneLine = (secret: Secret): Secret =>
  secret.value.includes('\n')
    ? { ...secret, value: secret.value.replaceAll('\n', '\\n'), part: secret.value.split('\n').slice(1, -1).join('\\n') }
    : secret;

const ENCODINGS: Readonly<Record<string, Encoding>> = {
  setting: (secret, r) => {
    const { name, value } = oneLine(secret);
    const key = asKey(name);
    const text = r.pick([`${key} = ${value}`, `${key}=${value}`, `${key} = ${value}`]);
    return { text, secrets: parts(secret, (part) => part) };
  },
  json: (secret, r) => {
    const rest = r.pick(['"domain": {"id": "default"}', '"name": "admin"', `"id": "${r.text(32, HEX)}"`]);
    const own = `"${secret.name}": "${json(secret.value)}"`;
    return {
      text: r.pick([
        `{${rest}, ${own}}`,
        `{${own}, ${rest}}`,
        `{"auth": {"identity": {${own}, ${rest}}}}`,
        `{${own.replace('": "', '":"')},${rest}}`,
      ]),
      secrets: parts(secret, json),
    };
  },
  'json in json': (secret, r) => {
    const inner = JSON.stringify({ name: r.pick(['admin', 'gnocchi']), [secret.name]: secret.value, enabled: true });
    const twice = (text: string): string => json(json(text));
    return { text: `{"message": "${json(inner)}", "code": ${r.pick([401, 503])}}`, secrets: parts(secret, twice) };
  },
  python: (secret, r) => {
    const own = `'${secret.name}': ${pythonText(secret.value)}`;
    return {
      text: r.pick([
        `{'name': 'admin', ${own}, 'domain': None}`,
        `{${own}, 'User-Agent': 'python-keystoneclient'}`,
        `{u'name': u'admin', u'${secret.name}': u${pythonText(secret.value)}}`,
      ]),
      secrets: parts(secret, (part) => pythonText(part).slice(1, -1)),
    };
  },
  'python pairs': (secret, r) => {
    const own = `('${secret.name}', ${pythonText(secret.value)})`;
    const call = `${secret.name.replaceAll('-', '_')}=${pythonText(secret.value)}`;
    return {
      text: r.pick([`[('Accept', '*/*'), ${own}]`, `Auth(user='admin', ${call}, timeout=30)`, `Conf(${call})`]),
      secrets: parts(secret, (part) => pythonText(part).slice(1, -1)),
    };
  },
  form: (secret, r) => {
    const own = `${inQuery(secret.name)}=${inQuery(secret.value)}`;
    return {
      text: r.pick([`user=admin&${own}&scope=project`, `${own}&expires=1700000000`, `grant_type=password&${own}`]),
      secrets: parts(secret, inQuery),
    };
  },
  header: (secret, r) => {
    const { name, value } = oneLine(secret);
    const header = `${asHeader(name)}: ${value}`;
    return {
      text: r.pick([
        header,
        `curl -g -i -X GET http://10.5.0.9:5000/v3/users -H "Accept: application/json" -H "${header}"`,
        `curl -H '${header}' http://10.5.0.9:8041/v1/metric`,
      ]),
      secrets: parts(secret, (part) => part),
    };
  },
  'json in an address': (secret, r) => {
    const text = inQuery(JSON.stringify({ user: r.pick(['admin', 'heat']), [secret.name]: secret.value }));
    return { text: `payload=${text}`, secrets: parts(secret, (part) => inQuery(json(part))) };
  },
  base64: (secret, r) => {
    const text = base64(
      r.pick([
        JSON.stringify({ [secret.name]: secret.value }),
        `${secret.name}=${secret.value}\n`,
        `#cloud-config\n${secret.name}: ${secret.value}\n`,
      ]),
    );
    return { text: r.pick([`user_data=${text}`, `body: ${text}`, `"blob": "${text}"`]), secrets: [text.replace(/=+$/, '')] };
  },
  xml: (secret, r) => {
    const { name, value } = secret;
    const element = name.replace(/^X-/, '');
    const text = r.pick([
      `<${element}>${xml(value)}</${element}>`,
      `<user name="admin"><${element}>${xml(value)}</${element}></user>`,
      `<nvpair id="x-${r.below(99)}" name="${element}" value="${xml(value).replaceAll('\n', '&#10;')}"/>`,
    ]);
    return { text, secrets: parts(secret, xml) };
  },
  command: (secret, r) => {
    const { name, value } = secret;
    const option = `${asOption(name)}${r.pick([' ', '='])}${shell(value)}`;
    const variable = `${name.replaceAll('-', '_').toUpperCase()}=${shell(value)}`;
    return {
      text: r.pick([
        `openstack --os-username admin ${option} token issue`,
        `sudo env ${variable} /usr/bin/nova-manage db sync`,
        `export ${variable}`,
      ]),
      secrets: parts(secret, (part) => shell(part).replace(/^'|'$/g, '')),
    };
  },
  dumpio: (secret, r) => {
    const body = r.pick([JSON.stringify({ auth: { [secret.name]: secret.value } }), `${secret.name}=${inQuery(secret.value)}`]);
    const write = body.startsWith('{') ? json : inQuery;
    if (r.below(2) === 0 && !secret.value.includes('\n')) {
      const text = dumped(`${asHeader(secret.name)}: ${secret.value}\r\n`, r);
      return {
        text,
        secrets: splitParts(
          parts(secret, (part) => part),
          text,
        ),
      };
    }
    const text = dumped(body, r);
    return { text, secrets: splitParts(parts(secret, write), text) };
  },
};

/** As mod_dumpio writes what it read: in pieces, each with its length. */
function dumped(text: string, r: Random): string {
  const head = `[Mon Nov 23 13:33:${String(r.below(60)).padStart(2, '0')}.546798 2026] [dumpio:trace7] [pid ${r.below(30000)}:tid ${r.below(30000)}]`;
  const client = `[client 10.5.0.${r.below(250)}:${30000 + r.below(30000)}]`;
  const cut = r.pick([text.length, 1 + r.below(text.length)]);
  const shown = (piece: string): string => piece.replace(/[\r\n\t]/g, (c) => ({ '\r': '\\r', '\n': '\\n', '\t': '\\t' })[c] ?? c);
  return [text.slice(0, cut), text.slice(cut)]
    .filter((piece) => piece !== '')
    .flatMap((piece) => [
      `${head} mod_dumpio.c(58): ${client} mod_dumpio:  dumpio_in (data-HEAP): ${piece.length} bytes`,
      `${head} mod_dumpio.c(100): ${client} mod_dumpio:  dumpio_in (data-HEAP): ${shown(piece)}`,
    ])
    .join('\n');
}

/** A secret that was cut in two is two secrets; pieces of under six characters tell nothing. */
function splitParts(secrets: readonly string[], text: string): string[] {
  return secrets.flatMap((secret) => {
    const written = secret.replace(/[\r\n]/g, (c) => (c === '\r' ? '\\r' : '\\n'));
    if (text.includes(written)) return [written];
    for (let cut = 1; cut < written.length; cut++) {
      const [head, tail] = [written.slice(0, cut), written.slice(cut)];
      if (text.includes(`${head}\n`) && text.includes(`: ${tail}`)) return [head, tail].filter((piece) => piece.length >= 6);
    }
    return [];
  });
}

type Context = (text: string, r: Random) => string;

const stamp = (r: Random): string =>
  `2026-11-23 13:${String(r.below(60)).padStart(2, '0')}:${String(r.below(60)).padStart(2, '0')}.${r.text(3, DIGITS)}`;
const request = (r: Random): string => `[req-${uuid(r)} ${r.text(32, HEX)} ${r.text(32, HEX)} - default default]`;
const apacheHead = (r: Random): string => `[Mon Nov 23 13:${String(r.below(60)).padStart(2, '0')}:40.${r.text(6, DIGITS)} 2026]`;

/** Where programs write such things. */
const CONTEXTS: readonly Context[] = [
  (text, r) => `${stamp(r)} ${r.below(40000)} DEBUG keystone.server.flask.request_processing.req_logging ${request(r)} ${text}`,
  (text, r) =>
    `${stamp(r)} ${r.below(40000)} DEBUG keystoneauth.session ${request(r)} REQ: ${text} http_log_request /usr/lib/python3/dist-packages/keystoneauth1/session.py:517`,
  (text, r) =>
    `${stamp(r)} ${r.below(40000)} ERROR nova.api.openstack.wsgi ${request(r)} Unexpected exception in API method: ${text}`,
  (text, r) => `${stamp(r)} [${r.below(40000)}] ERROR    gnocchi.rest: ${text}`,
  (text, r) =>
    `${apacheHead(r)} [wsgi:error] [pid ${r.below(40000)}:tid ${r.text(15, DIGITS)}] [remote 10.5.0.${r.below(250)}:${r.below(60000)}] ${text}`,
  (text, r) => `${stamp(r)} ${text}`,
  (text) => text,
  (text) => `    ${text}`,
  (text, r) =>
    `Nov 23 13:33:40 juju-a1b2c3-0-lxd-4 haproxy[${r.below(40000)}]: 10.5.0.${r.below(250)}:51000 [23/Nov/2026:13:33:40.380] ${text}`,
  (text, r) => `unit-keystone-0: 13:33:${String(r.below(60)).padStart(2, '0')} INFO unit.keystone/0.juju-log ${text}`,
  (text, r) =>
    `Nov 23 13:33:40 juju-a1b2c3-0 sudo[${r.below(40000)}]: nagios : TTY=unknown ; PWD=/var/lib/nagios ; USER=root ; COMMAND=${text}`,
  (text, r) => `Traceback: ValueError('cannot use', ${r.below(9)}) while handling ${text}`,
];

/** A request line of an access log takes what is written for addresses only. */
const inAccessLog: Context = (text, r) =>
  `10.5.0.${r.below(250)} - - [23/Nov/2026:13:33:40 +0000] "GET /v1/AUTH_${r.text(32, HEX)}/box?${text} HTTP/1.1" ${r.pick([200, 401])} ${r.below(9000)} "-" "python-swiftclient-4.1.0"`;

function inContext(encoding: string, { text, secrets }: Written, r: Random): Written {
  if (encoding === 'dumpio' || (encoding === 'setting' && r.below(2) === 0)) return { text, secrets };
  if ((encoding === 'form' || encoding === 'json in an address') && r.below(2) === 0)
    return { text: inAccessLog(text, r), secrets };
  return { text: r.pick(CONTEXTS)(text, r), secrets };
}

/** Now and then another secret stands behind the first. */
function oftenTwo(encoding: string, first: Written, r: Random): Written {
  const write = ENCODINGS[encoding];
  if (!write || encoding === 'dumpio' || r.below(6) > 0) return first;
  const second = write(r.pick(Object.values(KINDS))(r), r);
  if (`${first.text}${second.text}`.includes('\n')) return first;
  return {
    text: `${first.text}${encoding === 'form' ? '&' : ' '}${second.text}`,
    secrets: [...first.secrets, ...second.secrets],
  };
}

/** So many samples of every kind in every encoding. */
export function secretSamples(seed: number, each: number): Sample[] {
  const random = seeded(seed);
  return Object.entries(KINDS).flatMap(([kind, make]) =>
    Object.entries(ENCODINGS).flatMap(([encoding, write]) =>
      Array.from({ length: each }, () => {
        const { text, secrets } = inContext(encoding, oftenTwo(encoding, write(make(random), random), random), random);
        return { line: text, secrets: secrets.filter((secret) => secret !== ''), kind, encoding };
      }).filter(({ secrets }) => secrets.length > 0),
    ),
  );
}

type Line = (random: Random) => string;

const ip = (r: Random): string => `10.${r.below(6)}.${r.below(250)}.${1 + r.below(250)}`;
const client = (r: Random): string => `[client ${ip(r)}:${30000 + r.below(30000)}]`;
const process = (r: Random): string => `[pid ${r.below(60000)}:tid ${r.text(15, DIGITS)}]`;
const agent = (r: Random): string =>
  r.pick([
    'python-keystoneclient',
    'gophercloud/v1.14.1',
    'openstacksdk/3.0.0 keystoneauth1/5.6.0 python-requests/2.31.0 CPython/3.10.12',
    'Go-http-client/1.1',
    'curl/7.88.1',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Safari/537.36',
    'HAProxy/2.4',
  ]);
const path = (r: Random): string =>
  r.pick([
    '/v3/auth/tokens',
    `/v3/users/${r.text(32, HEX)}`,
    `/v3/projects/${r.text(32, HEX)}/users`,
    `/v1/metric/${uuid(r)}/measures?start=2026-11-23T12:00:00&granularity=300`,
    `/v1/resource/instance/${uuid(r)}`,
    `/v1/search/resource/generic?limit=1000&marker=${uuid(r)}`,
    `/v2.1/${r.text(32, HEX)}/servers/detail?all_tenants=True`,
    '/healthcheck',
    '/',
    `/v3/credentials/${r.text(64, HEX)}`,
    `/v2/images/${uuid(r)}/file`,
    `/v3/auth/tokens?nocatalog`,
    `/v2.1/servers/${uuid(r)}/os-server-password`,
    `/v3/users/${r.text(64, HEX)}/password`,
  ]);

const ORDINARY: readonly Line[] = [
  (r) =>
    `${apacheHead(r)} [proxy_http:error] ${process(r)} (20014)Internal error (specific information not available): ${client(r)} AH01102: error reading status line from remote server localhost:${4900 + r.below(99)}`,
  (r) =>
    `${apacheHead(r)} [proxy:error] ${process(r)} ${client(r)} AH00898: Error reading from remote server returned by ${path(r)}`,
  (r) =>
    `${apacheHead(r)} [proxy:error] ${process(r)} (111)Connection refused: AH00957: http: attempt to connect to 127.0.0.1:4981 (localhost:4981) failed`,
  (r) =>
    `${apacheHead(r)} [mpm_event:error] ${process(r)} AH00484: server reached MaxRequestWorkers setting, consider raising the MaxRequestWorkers setting`,
  (r) => `${apacheHead(r)} [core:notice] ${process(r)} AH00052: child pid ${r.below(60000)} exit signal Segmentation fault (11)`,
  (r) =>
    `${apacheHead(r)} [ssl:warn] ${process(r)} AH01909: juju-a1b2c3-${r.below(9)}-lxd-${r.below(9)}.lxd:443:0 server certificate does NOT include an ID which matches the server name`,
  (r) => `${apacheHead(r)} [auth_digest:notice] ${process(r)} AH01757: generating secret for digest authentication ...`,
  (r) =>
    `${stamp(r)} ${r.below(60000)} (13)Permission denied: mod_wsgi (pid=${r.below(60000)}): Unable to connect to WSGI daemon process 'keystone-public' on '/var/run/apache2/wsgi.${r.below(60000)}.3.1.sock' as user with uid=33.`,
  (r) => `${stamp(r)} Timeout when reading response headers from daemon process 'gnocchi-api': /usr/bin/gnocchi-api`,
  (r) =>
    `${ip(r)} - - [23/Nov/2026:13:33:40 +0000] "${r.pick(['GET', 'POST', 'PUT'])} ${path(r)} HTTP/1.1" ${r.pick([200, 201, 401, 502, 503])} ${r.below(90000)} "-" "${agent(r)}"`,
  (r) =>
    `juju-a1b2c3-0-lxd-4:5000 ${ip(r)} - - [23/Nov/2026:13:33:40 +0000] "${r.pick(['GET', 'POST'])} ${path(r)} HTTP/1.1" 503 ${r.below(900)} "-" "${agent(r)}"`,
  (r) =>
    `${stamp(r)} ${r.below(60000)} WARNING keystone.server.flask.application ${request(r)} Authorization failed. The request you have made requires authentication. from ${ip(r)}: keystone.exception.Unauthorized: The request you have made requires authentication.`,
  (r) =>
    `${stamp(r)} ${r.below(60000)} WARNING keystonemiddleware.auth_token [-] Authorization failed for token: InvalidToken: Token authorization failed`,
  (r) =>
    `${stamp(r)} ${r.below(60000)} WARNING keystone.common.fernet_utils [-] Could not recognize Fernet token: keystone.exception.TokenNotFound`,
  (r) => `(keystone.token.provider): ${stamp(r)} WARNING Could not recognize Fernet token`,
  (r) =>
    `${stamp(r)} ${r.below(60000)} INFO keystone.common.fernet_utils [-] Loaded 3 Fernet keys from /etc/keystone/fernet-keys/, but \`[fernet_tokens] max_active_keys = 3\`; perhaps there have not been enough key rotations to reach \`max_active_keys\` yet?`,
  (r) =>
    `${stamp(r)} ${r.below(60000)} CRITICAL keystonemiddleware.auth_token ${request(r)} Unable to validate token: Failed to fetch token data from identity server: keystonemiddleware.auth_token._exceptions.ServiceError`,
  (r) =>
    `${stamp(r)} ${r.below(60000)} WARNING oslo_config.cfg [-] Deprecated: Option "admin_password" from group "keystone_authtoken" is deprecated. Use option "password" from group "keystone_authtoken".`,
  (r) =>
    `${stamp(r)} ${r.below(60000)} DEBUG oslo_service.service ${request(r)} keystone_authtoken.password                 = **** log_opt_values /usr/lib/python3/dist-packages/oslo_config/cfg.py:2609`,
  (r) =>
    `${stamp(r)} ${r.below(60000)} DEBUG oslo_service.service ${request(r)} keystone_authtoken.token_cache_time         = 300 log_opt_values /usr/lib/python3/dist-packages/oslo_config/cfg.py:2609`,
  (r) =>
    `${stamp(r)} ${r.below(60000)} DEBUG oslo_service.service ${request(r)} security_compliance.password_regex           = None log_opt_values /usr/lib/python3/dist-packages/oslo_config/cfg.py:2609`,
  (r) =>
    `${stamp(r)} ${r.below(60000)} INFO nova.osapi_compute.wsgi.server ${request(r)} ${ip(r)} "GET ${path(r)} HTTP/1.1" status: 200 len: ${r.below(9000)} time: 0.${r.text(7, DIGITS)}`,
  (r) =>
    `${stamp(r)} ${r.below(60000)} ERROR nova.api.openstack.compute ${request(r)} Timed out waiting for a reply to message ID ${r.text(32, HEX)}: oslo_messaging.exceptions.MessagingTimeout`,
  (r) =>
    `${stamp(r)} ${r.below(60000)} DEBUG nova.policy ${request(r)} Policy check for os_compute_api:os-server-password failed with credentials of project ${r.text(32, HEX)}`,
  (r) =>
    `${stamp(r)} ${r.below(60000)} ERROR oslo.messaging._drivers.impl_rabbit [-] [${uuid(r)}] AMQP server on ${ip(r)}:5672 is unreachable: [Errno 111] ECONNREFUSED. Trying again in 1 seconds.: ConnectionRefusedError: [Errno 111] ECONNREFUSED`,
  (r) =>
    `${stamp(r)} ${r.below(60000)} ERROR oslo_db.sqlalchemy.engines [-] Database connection was found disconnected; reconnecting: oslo_db.exception.DBConnectionError: (pymysql.err.OperationalError) (2013, 'Lost connection to MySQL server during query')`,
  (r) =>
    `${stamp(r)} ${r.below(60000)} ERROR keystone.server [-] (1045, "Access denied for user 'keystone'@'${ip(r)}' (using password: YES)")`,
  (r) =>
    `${stamp(r)} [${r.below(60000)}] INFO     gnocchi.cli.metricd: ${r.below(900)} measurements bundles across ${r.below(90)} metrics wait to be processed.`,
  (r) => `${stamp(r)} [${r.below(60000)}] WARNING  gnocchi.rest: metric ${uuid(r)} does not exist in resource ${uuid(r)}`,
  (r) =>
    `${stamp(r)} [${r.below(60000)}] ERROR    gnocchi.common.s3: bucket gnocchi-${r.text(12, HEX)} is not accessible: An error occurred (404) when calling the HeadBucket operation: Not Found`,
  (r) =>
    `Nov 23 13:33:40 juju-a1b2c3-0-lxd-4 haproxy[${r.below(60000)}]: ${ip(r)}:${r.below(60000)} [23/Nov/2026:13:33:40.380] tcp-in_public-port keystone_public-port_${ip(r)}/keystone-${r.below(3)} 1/0/${r.below(9000)} ${r.below(99999)} -- ${r.below(300)}/${r.below(90)}/3/1/0 0/0`,
  (r) =>
    `Nov 23 13:33:40 juju-a1b2c3-0-lxd-4 haproxy[${r.below(60000)}]: Server keystone_admin-port/keystone-${r.below(3)} is DOWN, reason: Layer4 connection problem, info: "Connection refused", check duration: ${r.below(9)}ms. 2 active and 0 backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue.`,
  (r) =>
    `unit-keystone-${r.below(3)}: 13:33:${r.text(2, '01234')} INFO unit.keystone/0.juju-log shared-db:${r.below(99)}: Registered config file: /etc/keystone/keystone.conf`,
  (r) =>
    `unit-nova-cloud-controller-${r.below(3)}: 13:33:40 DEBUG unit.nova-cloud-controller/0.juju-log Hardening function 'config_changed'`,
  (r) =>
    `machine-${r.below(9)}-lxd-${r.below(9)}: 13:33:40 INFO juju.worker.upgrader abort check blocked until version event received, charm ch:amd64/jammy/keystone-${r.below(900)} sha256:${r.text(64, HEX)}`,
  (r) =>
    `Nov 23 13:33:40 juju-a1b2c3-0 sshd[${r.below(60000)}]: Accepted publickey for ubuntu from ${ip(r)} port ${r.below(60000)} ssh2: RSA SHA256:${r.text(43, BASE64)}`,
  (r) =>
    `Nov 23 13:33:40 juju-a1b2c3-0 sshd[${r.below(60000)}]: Failed password for invalid user oracle from ${ip(r)} port ${r.below(60000)} ssh2`,
  (r) =>
    `Nov 23 13:33:40 juju-a1b2c3-0 kernel: [${r.below(9999)}.${r.text(6, DIGITS)}] audit: type=1400 audit(1700000000.${r.text(3, DIGITS)}:${r.below(999)}): apparmor="DENIED" operation="open" profile="/usr/sbin/apache2" name="/proc/${r.below(9999)}/status"`,
  (r) =>
    `  File "/usr/lib/python3/dist-packages/keystonemiddleware/auth_token/__init__.py", line ${r.below(999)}, in fetch_token`,
  (r) => `  File "/usr/lib/python3/dist-packages/keystone/auth/plugins/password.py", line ${r.below(999)}, in authenticate`,
  (r) => `    raise exception.Unauthorized(_('Invalid username or password'))`.padEnd(70 + r.below(3)),
  (r) => `keystoneauth1.exceptions.http.ServiceUnavailable: Service Unavailable (HTTP 503) (Request-ID: req-${uuid(r)})`,
  (r) =>
    `${stamp(r)} ${r.below(60000)} DEBUG keystoneauth.session ${request(r)} RESP: [${r.pick([200, 401])}] Connection: Keep-Alive Content-Length: ${r.below(9000)} Content-Type: application/json Keep-Alive: timeout=5, max=${r.below(100)} Server: Apache/2.4.52 (Ubuntu) Vary: X-Auth-Token x-openstack-request-id: req-${uuid(r)}`,
  (r) =>
    `${stamp(r)} ${r.below(60000)} DEBUG keystone.api ${request(r)} {"user": {"id": "${r.text(32, HEX)}", "name": "gnocchi", "password_expires_at": null, "domain": {"id": "default"}}}`,
  (r) =>
    `${stamp(r)} ${r.below(60000)} DEBUG keystone.auth ${request(r)} {"token": {"methods": ["password"], "expires_at": "2026-11-23T14:33:40.000000Z", "audit_ids": ["${r.text(22, `${LOWER}${DIGITS}`)}"], "is_domain": false}}`,
  (r) =>
    `${stamp(r)} ${r.below(60000)} INFO keystone.api.tokens ${request(r)} token provider fernet, key_repository = /etc/keystone/fernet-keys/, expiration = ${r.pick([3600, 7200])}`,
  (r) =>
    `[Mon Nov 23 13:33:31.546798 2026] [dumpio:trace7] [pid 26511:tid 26730] mod_dumpio.c(100): [client ${ip(r)}:59262] mod_dumpio:  dumpio_in (data-TRANSIENT): ${r.pick(['POST /v3/auth/tokens HTTP/1.1\\r\\n', `Content-Length: ${r.below(999)}\\r\\n`, 'Content-Type: application/json\\r\\n', 'HTTP/1.1 503 Service Unavailable\\r\\n'])}`,
  (r) =>
    `[Mon Nov 23 13:33:31.546781 2026] [dumpio:trace7] [pid 26511:tid 26730] mod_dumpio.c(58): [client ${ip(r)}:59262] mod_dumpio:  dumpio_in (data-TRANSIENT): ${r.below(999)} bytes`,
  (r) =>
    `    WSGIDaemonProcess keystone-public processes=${r.below(20)} threads=1 user=keystone group=keystone display-name=%{GROUP} lang=C.UTF-8`,
  (r) => `    SSLCertificateKeyFile /etc/apache2/ssl/keystone/key_${ip(r)}`,
  (r) => `token_provider = ${r.pick(['fernet', 'jws'])}`,
  (r) => `auth_type = ${r.pick(['password', 'v3applicationcredential'])}`,
  (r) => `memcached_servers = ${ip(r)}:11211,${ip(r)}:11211`,
  (r) => `www_authenticate_uri = http://${ip(r)}:5000`,
  (r) => `password_expires_days = ${r.below(365)}`,
  (r) => `        server keystone-${r.below(9)} ${ip(r)}:4990 check inter 2000 rise 2 fall 5`,
  (r) =>
    `Get:${r.below(99)} http://archive.ubuntu.com/ubuntu jammy-updates/main amd64 libapache2-mod-wsgi-py3 amd64 4.9.0-1ubuntu0.${r.below(9)} [${r.below(900)} kB] SHA256:${r.text(64, HEX)}`,
  (r) => `${stamp(r)} status installed python3-keystonemiddleware:all ${r.below(9)}.${r.below(9)}.${r.below(9)}-0ubuntu1~cloud0`,
  (r) => `Nov 23 13:33:40 juju-a1b2c3-0 systemd[1]: Started Session ${r.below(99)} of User root. Invocation ${r.text(32, HEX)}`,
  (r) => `${r.text(64, HEX)}  /etc/apache2/sites-available/wsgi-openstack-api.conf`,
  (r) =>
    `tcp   ESTAB 0 0 ${ip(r)}:5000 ${ip(r)}:${r.below(60000)} users:(("apache2",pid=${r.below(60000)},fd=${r.below(99)})) ino:${r.below(999999)} sk:${r.text(4, HEX)}`,
];

/** Ordinary lines, each of a shape of its own in turn. */
export function ordinarySamples(seed: number, many: number): Sample[] {
  const random = seeded(seed ^ 0x5eed);
  return Array.from({ length: many }, (_, index) => {
    const make = ORDINARY[index % ORDINARY.length];
    return { line: make?.(random) ?? '', secrets: [], kind: 'ordinary', encoding: `shape ${index % ORDINARY.length}` };
  });
}

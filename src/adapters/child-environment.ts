type Environment = Readonly<Record<string, string | undefined>>;

const ALLOWED = new Set([
  'HOME',
  'USER',
  'LOGNAME',
  'LANG',
  'LC_ALL',
  'DBUS_SESSION_BUS_ADDRESS',
  'SNAP_REAL_HOME',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'FTP_PROXY',
  'NO_PROXY',
  'ALL_PROXY',
  'http_proxy',
  'https_proxy',
  'ftp_proxy',
  'no_proxy',
  'all_proxy',
]);
const ALLOWED_PREFIX = /^(?:JUJU_|XDG_)/;

/** These would send a command to another model than the one it names, or belong to a hook we may run in (juju-contract 1.2). */
const DROPPED = /^JUJU_(?:MODEL|CONTROLLER|CONTEXT_ID|AGENT_SOCKET.*|BIN)$/;

/** The environment a `juju` child gets: what it needs and nothing that could steer it or leak (no LD_*, NODE_OPTIONS, BASH_ENV). */
export function childEnvironment(environment: Environment, forSsh: boolean): Record<string, string> {
  const kept: Record<string, string> = { TERM: 'dumb', PATH: absolutePath(environment.PATH) };
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || DROPPED.test(name)) continue;
    if (ALLOWED.has(name) || ALLOWED_PREFIX.test(name) || (forSsh && name === 'SSH_AUTH_SOCK')) kept[name] = value;
  }
  return kept;
}

/** PATH without its relative parts: nothing is ever run from the current folder. */
export function absolutePath(path: string | undefined): string {
  const parts = (path ?? '').split(':').filter((part) => part.startsWith('/'));
  return parts.length > 0 ? parts.join(':') : '/usr/local/bin:/usr/bin:/bin:/snap/bin';
}

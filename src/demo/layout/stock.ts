import { place, placeLink } from '../files.js';

const MODULES = '/usr/lib/apache2/modules';

interface Module {
  readonly depends?: string;
  readonly conflicts?: string;
  readonly conf?: string;
  readonly enabled?: boolean;
}

const LIMITS = '\tMaxRequestWorkers       150\n\tMaxConnectionsPerChild   0\n';
const THREADED = `\tStartServers             2\n\tMinSpareThreads         25\n\tMaxSpareThreads         75\n\tThreadLimit             64\n\tThreadsPerChild         25\n${LIMITS}`;

function limits(mpm: string, body: string): string {
  return `# Limits of the ${mpm} MPM\n<IfModule mpm_${mpm}_module>\n${body}</IfModule>\n`;
}

/** Modules of Ubuntu's apache2 that a charmed API unit has or may want; `enabled` as after the package's installation. */
const STOCK: Readonly<Record<string, Module>> = {
  access_compat: { depends: 'authn_core', enabled: true },
  alias: { enabled: true, conf: '<IfModule alias_module>\n\tAlias /icons/ "/usr/share/apache2/icons/"\n</IfModule>\n' },
  auth_basic: { depends: 'authn_core', enabled: true },
  authn_core: { enabled: true },
  authn_file: { depends: 'authn_core', enabled: true },
  authz_core: { enabled: true },
  authz_host: { depends: 'authz_core', enabled: true },
  authz_user: { depends: 'authz_core', enabled: true },
  autoindex: { enabled: true, depends: 'dir' },
  cgi: {},
  deflate: {
    enabled: true,
    depends: 'filter',
    conf: '<IfModule mod_deflate.c>\n\tAddOutputFilterByType DEFLATE text/html text/plain\n</IfModule>\n',
  },
  dir: { enabled: true, conf: '<IfModule mod_dir.c>\n\tDirectoryIndex index.html index.cgi index.php\n</IfModule>\n' },
  dump_io: {},
  env: { enabled: true },
  expires: {},
  filter: { enabled: true },
  headers: {},
  http2: { conf: '<IfModule !mpm_prefork>\n\tProtocols h2 h2c http/1.1\n</IfModule>\n' },
  mime: { enabled: true, conf: '<IfModule mod_mime.c>\n\tTypesConfig /etc/mime.types\n</IfModule>\n' },
  mpm_event: { conflicts: 'mpm_worker mpm_prefork', enabled: true, conf: limits('event', THREADED) },
  mpm_prefork: {
    conflicts: 'mpm_event mpm_worker',
    conf: limits(
      'prefork',
      `\tStartServers             5\n\tMinSpareServers          5\n\tMaxSpareServers         10\n${LIMITS}`,
    ),
  },
  mpm_worker: { conflicts: 'mpm_event mpm_prefork', conf: limits('worker', THREADED) },
  negotiation: { enabled: true },
  proxy: { conf: '<IfModule mod_proxy.c>\n\t#ProxyRequests On\n</IfModule>\n' },
  proxy_http: { depends: 'proxy' },
  remoteip: {},
  reqtimeout: {
    enabled: true,
    conf: '<IfModule reqtimeout_module>\n\tRequestReadTimeout header=20-40,minrate=500\n\tRequestReadTimeout body=10,minrate=500\n</IfModule>\n',
  },
  rewrite: {},
  setenvif: { enabled: true, conf: '<IfModule mod_setenvif.c>\n\tBrowserMatch "Mozilla/2" nokeepalive\n</IfModule>\n' },
  socache_shmcb: {},
  ssl: {
    depends: 'setenvif mime socache_shmcb',
    conf: `<IfModule mod_ssl.c>\n\tSSLRandomSeed startup builtin\n\tSSLSessionCache shmcb:\${APACHE_RUN_DIR}/ssl_scache(512000)\n\tSSLCipherSuite HIGH:!aNULL\n\tSSLProtocol all -SSLv3\n</IfModule>\n`,
  },
  status: {
    enabled: true,
    conf: '<IfModule mod_status.c>\n\t<Location /server-status>\n\t\tSetHandler server-status\n\t\tRequire local\n\t</Location>\n\tExtendedStatus On\n</IfModule>\n',
  },
  wsgi: { enabled: true, conf: '<IfModule mod_wsgi.c>\n\t#WSGIPythonPath directory\n</IfModule>\n' },
};

function loadFile(name: string, module: Module): string {
  const file = name === 'wsgi' ? 'mod_wsgi.so' : `mod_${name}.so`;
  return [
    ...(module.depends ? [`# Depends: ${module.depends}`] : []),
    ...(module.conflicts ? [`# Conflicts: ${module.conflicts}`] : []),
    `LoadModule ${name}_module ${MODULES}/${file}`,
    '',
  ].join('\n');
}

const APACHE2_CONF = `# Main configuration of Apache: how the pieces below /etc/apache2 come together.
DefaultRuntimeDir \${APACHE_RUN_DIR}
PidFile \${APACHE_PID_FILE}
Timeout 300
KeepAlive On
MaxKeepAliveRequests 100
KeepAliveTimeout 5
User \${APACHE_RUN_USER}
Group \${APACHE_RUN_GROUP}
HostnameLookups Off
ErrorLog \${APACHE_LOG_DIR}/error.log
LogLevel warn
IncludeOptional mods-enabled/*.load
IncludeOptional mods-enabled/*.conf
Include ports.conf
<Directory />
	Options FollowSymLinks
	AllowOverride None
	Require all denied
</Directory>
<Directory /usr/share>
	AllowOverride None
	Require all granted
</Directory>
<Directory /var/www/>
	Options Indexes FollowSymLinks
	AllowOverride None
	Require all granted
</Directory>
AccessFileName .htaccess
<FilesMatch "^\\.ht">
	Require all denied
</FilesMatch>
LogFormat "%v:%p %h %l %u %t \\"%r\\" %>s %O \\"%{Referer}i\\" \\"%{User-Agent}i\\"" vhost_combined
LogFormat "%h %l %u %t \\"%r\\" %>s %O \\"%{Referer}i\\" \\"%{User-Agent}i\\"" combined
LogFormat "%h %l %u %t \\"%r\\" %>s %O" common
IncludeOptional conf-enabled/*.conf
IncludeOptional sites-enabled/*.conf
`;

const ENVVARS = `# Environment of apache2ctl
unset HOME
SUFFIX=
export APACHE_RUN_USER=www-data
export APACHE_RUN_GROUP=www-data
export APACHE_PID_FILE=/var/run/apache2$SUFFIX/apache2.pid
export APACHE_RUN_DIR=/var/run/apache2$SUFFIX
export APACHE_LOCK_DIR=/var/lock/apache2$SUFFIX
export APACHE_LOG_DIR=/var/log/apache2$SUFFIX
export LANG=C
`;

const CONFS: Readonly<Record<string, string>> = {
  charset: '#AddDefaultCharset UTF-8\n',
  'localized-error-pages': '#ErrorDocument 500 "The server made a boo boo."\n',
  'other-vhosts-access-log': `# Access log of virtual hosts without one of their own\nCustomLog \${APACHE_LOG_DIR}/other_vhosts_access.log vhost_combined\n`,
  security: 'ServerTokens OS\nServerSignature On\nTraceEnable Off\n',
  'serve-cgi-bin':
    '<IfModule mod_alias.c>\n\t<IfModule mod_cgi.c>\n\t\tScriptAlias /cgi-bin/ /usr/lib/cgi-bin/\n\t</IfModule>\n</IfModule>\n',
};

const DEFAULT_SITE = `<VirtualHost *:80>
	ServerAdmin webmaster@localhost
	DocumentRoot /var/www/html
	ErrorLog \${APACHE_LOG_DIR}/error.log
	CustomLog \${APACHE_LOG_DIR}/access.log combined
</VirtualHost>
`;

/** What the apache2 and mod_wsgi packages leave on a fresh Ubuntu jammy: /etc/apache2 and the markers of /var/lib/apache2. */
export function placeStock(root: string): void {
  place(root, 'etc/apache2/apache2.conf', APACHE2_CONF);
  place(root, 'etc/apache2/envvars', ENVVARS);
  place(root, 'etc/apache2/magic', '# magic numbers of mod_mime_magic\n');
  place(
    root,
    'etc/apache2/ports.conf',
    'Listen 80\n<IfModule ssl_module>\n\tListen 443\n</IfModule>\n<IfModule mod_gnutls.c>\n\tListen 443\n</IfModule>\n',
  );
  for (const [name, module] of Object.entries(STOCK)) {
    place(root, `etc/apache2/mods-available/${name}.load`, loadFile(name, module));
    if (module.conf) place(root, `etc/apache2/mods-available/${name}.conf`, module.conf);
    if (module.enabled) enableModule(root, name, 'maint');
  }
  for (const [name, content] of Object.entries(CONFS)) {
    place(root, `etc/apache2/conf-available/${name}.conf`, content);
    placeLink(root, `etc/apache2/conf-enabled/${name}.conf`, `../conf-available/${name}.conf`);
    place(root, `var/lib/apache2/conf/enabled_by_maint/${name}`, '');
  }
  place(root, 'etc/apache2/sites-available/000-default.conf', DEFAULT_SITE);
  place(root, 'etc/apache2/sites-available/default-ssl.conf', DEFAULT_SITE.replace('*:80', '_default_:443'));
  enableSite(root, '000-default', 'maint');
}

type By = 'maint' | 'admin';

/** As a2enmod leaves it: link, link of the .conf when there is one, marker. */
export function enableModule(root: string, name: string, by: By): void {
  placeLink(root, `etc/apache2/mods-enabled/${name}.load`, `../mods-available/${name}.load`);
  if (STOCK[name]?.conf) placeLink(root, `etc/apache2/mods-enabled/${name}.conf`, `../mods-available/${name}.conf`);
  place(root, `var/lib/apache2/module/enabled_by_${by}/${name}`, '');
}

/** As a2ensite leaves it. */
export function enableSite(root: string, name: string, by: By): void {
  placeLink(root, `etc/apache2/sites-enabled/${name}.conf`, `../sites-available/${name}.conf`);
  place(root, `var/lib/apache2/site/enabled_by_${by}/${name}`, '');
}

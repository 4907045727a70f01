/** What the machine of a unit folder is called. */
export const MACHINE = '0123456789abcdef0123456789abcdef';
/** The unit's clock when it is made. */
export const NOW = 2_000_000_000;

const SITE = `# Configuration file maintained by Juju. Local changes may be overwritten.
Listen 4980
<VirtualHost *:4980>
    WSGIDaemonProcess keystone-public processes=4 threads=1 user=keystone group=keystone display-name=%{GROUP}
    WSGIDaemonProcess keystone-admin \\
        processes=2 threads=1 user=keystone display-name=%{GROUP}
</VirtualHost>
`;

/** The files of a unit with Apache as a charm leaves it, without our own. */
export const FILES: Readonly<Record<string, string>> = {
  'etc/machine-id': `${MACHINE}\n`,
  'etc/apache2/apache2.conf':
    'IncludeOptional mods-enabled/*.load\nIncludeOptional conf-enabled/*.conf\nIncludeOptional sites-enabled/*.conf\n',
  'etc/apache2/ports.conf': 'Listen 80\n',
  'etc/apache2/mods-available/mpm_event.load': 'LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so\n',
  'etc/apache2/mods-available/mpm_worker.load': 'LoadModule mpm_worker_module /usr/lib/apache2/modules/mod_mpm_worker.so\n',
  'etc/apache2/conf-available/security.conf': 'ServerTokens OS\n',
  'etc/apache2/sites-enabled/wsgi-openstack-api.conf': SITE,
  'proc/sys/kernel/random/boot_id': 'b00t\n',
  'proc/uptime': '5000.00 0.00\n',
  'proc/1/stat': `1 (systemd) S ${'0 '.repeat(18)}77 0\n`,
  'run/systemd/system/.keep': '',
  'proc/meminfo': 'MemTotal: 1000 kB\nMemAvailable: 800 kB\n',
  'run/apache2/apache2.pid': '4242\n',
  'run/clock': `${NOW}\n`,
  'run/service/active': 'inactive\n',
  'run/service/starts': '',
  'run/service/mpm': '',
  /** Of each of Apache's processes what ps shows, but for its pid: those are new in each generation. */
  'run/service/ps': '',
  'run/service/generation': '0\n',
  'run/service/ss': '0 0 10.0.0.1:4980 10.0.0.9:51000\n0 0 10.0.0.1:22 10.0.0.9:51001\n',
};

export const LINKS: Readonly<Record<string, string>> = {
  'etc/apache2/mods-enabled/mpm_event.load': '../mods-available/mpm_event.load',
  'etc/apache2/conf-enabled/security.conf': '../conf-available/security.conf',
};

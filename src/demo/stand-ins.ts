import { place as placeFile, placeLink } from './files.js';
import a2query from './stand-ins/a2query.sh';
import a2switch from './stand-ins/a2switch.sh';
import apache2ctl from './stand-ins/apache2ctl.sh';
import configAwk from './stand-ins/config.awk';
import curl from './stand-ins/curl.sh';
import date from './stand-ins/date.sh';
import dpkgQuery from './stand-ins/dpkg-query.sh';
import journalctl from './stand-ins/journalctl.sh';
import library from './stand-ins/library.sh';
import nproc from './stand-ins/nproc.sh';
import procAwk from './stand-ins/proc.awk';
import processesAwk from './stand-ins/processes.awk';
import ps from './stand-ins/ps.sh';
import sleep from './stand-ins/sleep.sh';
import socat from './stand-ins/socat.sh';
import ss from './stand-ins/ss.sh';
import systemctl from './stand-ins/systemctl.sh';
import systemdRun from './stand-ins/systemd-run.sh';

const BIN = {
  curl,
  date,
  'dpkg-query': dpkgQuery,
  journalctl,
  nproc,
  ps,
  sleep,
  socat,
  ss,
  systemctl,
  'systemd-run': systemdRun,
};
const SBIN = { a2enmod: a2switch, a2query, apache2ctl };

/** What is the kernel's and the services' memory on a unit lies in these folders here; a read-only jail leaves them as they are. */
export const STAND_INS_WRITE = 'proc:.demo';

/** Puts the service commands of a unit below its own folder, where a unit program's PATH finds them first. */
export function placeStandIns(root: string): void {
  placeFile(root, 'usr/lib/juju-tune-demo/library.sh', library);
  placeFile(root, 'usr/lib/juju-tune-demo/config.awk', configAwk);
  placeFile(root, 'usr/lib/juju-tune-demo/proc.awk', procAwk);
  placeFile(root, 'usr/lib/juju-tune-demo/processes.awk', processesAwk);
  for (const [name, text] of Object.entries(BIN)) placeFile(root, `usr/bin/${name}`, text, 0o755);
  for (const [name, text] of Object.entries(SBIN)) placeFile(root, `usr/sbin/${name}`, text, 0o755);
  for (const name of ['a2dismod', 'a2enconf', 'a2disconf', 'a2ensite', 'a2dissite'])
    placeLink(root, `usr/sbin/${name}`, 'a2enmod');
  placeLink(root, 'usr/sbin/apachectl', 'apache2ctl');
}

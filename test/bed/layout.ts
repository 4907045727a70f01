import { chmodSync, copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { placeCharm } from '../../src/demo/layout/charm.js';
import { placeStock } from '../../src/demo/layout/stock.js';
import { HERE } from './place.js';
import { type BedUnit, MODEL_UUID, UNITS, unitsOf } from './units.js';

const AGENT = '/usr/local/lib/juju-tune-bed/jujud.py';

/** Kills, restarts and limits as Juju's own unit file has them: what it does not say is systemd's default. */
const agentService = (unit: string) => `[Unit]
Description=the bed's stand-in for the Juju agent

[Service]
ExecStart=/usr/bin/python3 -I -S ${AGENT} serve
Environment=JUJU_UNIT_NAME=${unit} JUJU_MODEL_UUID=${MODEL_UUID}
Restart=on-failure
TimeoutSec=300
LimitNOFILE=64000
`;

const APPLICATION = join(HERE, 'fake_api.py');
/** Made with the base (mkbase.sh): one certificate serves every unit. */
const SECRETS = '/etc/juju-tune-bed';

/** Writes what is laid over the base, one folder for each unit: the demo's layout, and what makes it run for real. */
export function layUnits(dir: string): void {
  for (const unit of UNITS) layUnit(join(dir, String(unit.index)), unit);
}

function layUnit(root: string, unit: BedUnit): void {
  placeStock(root);
  placeCharm(root, {
    service: unit.service,
    unit: unit.name,
    address: unit.address,
    peers: unitsOf(unit.application).map((peer) => ({ unit: peer.name, address: peer.address })),
  });
  put(root, 'etc/hostname', `${unit.name.replace('/', '-')}\n`);
  for (const kind of ['cert', 'key']) {
    link(root, `etc/apache2/ssl/${unit.service.charm}/${kind}_${unit.address}`, `${SECRETS}/${kind}.pem`);
  }
  for (const group of unit.service.sites.flatMap((site) => site.groups)) {
    const script = join(root, group.script);
    mkdirSync(dirname(script), { recursive: true });
    copyFileSync(APPLICATION, script);
    chmodSync(script, 0o755);
  }
  put(root, AGENT, readFileSync(join(HERE, 'jujud.py'), 'utf8'));
  put(root, 'etc/systemd/system/jujud.service', agentService(unit.name));
  link(root, 'etc/systemd/system/multi-user.target.wants/jujud.service', '../jujud.service');
  // The charm's 20000 need 40000 open files, which a container may not be given.
  const haproxy = 'etc/haproxy/haproxy.cfg';
  put(root, haproxy, readFileSync(join(root, haproxy), 'utf8').replace(/^( *maxconn) .*$/m, '$1 4000'));
}

function put(root: string, path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

function link(root: string, path: string, target: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  symlinkSync(target, join(root, path));
}

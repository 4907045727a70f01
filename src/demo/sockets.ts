import { proxyPort, wsgiPort } from './layout/charm.js';
import type { Second } from './load.js';
import type { RunningConfig } from './running.js';
import type { Group } from './services.js';

export interface Socket {
  readonly state: 'ESTAB' | 'TIME-WAIT' | 'LISTEN';
  readonly local: string;
  readonly localPort: number;
  readonly peer: string;
  readonly peerPort: number;
  /** Accepted by Apache, which listens on a dual-stack socket: its rows stand in tcp6, with mapped addresses. */
  readonly mapped: boolean;
}

export interface Traffic {
  readonly group: Group;
  readonly config: RunningConfig;
  readonly address: string;
  readonly peers: readonly string[];
  /** The second that the snapshot is of, and how many requests came in the minute before it. */
  readonly second: Second;
  readonly lastMinute: number;
  readonly apacheRuns: boolean;
}

const FIRST_PORT = 32768;
const PORTS = 28232;

/** The connections of a unit at one moment, loopback pairs with both ends (catalogue 0.13, E6). */
export function socketsOf(traffic: Traffic): Socket[] {
  const { group, config, address, peers, second } = traffic;
  const sockets: Socket[] = [];
  let next = (group.port * 131) % PORTS;
  const port = (): number => FIRST_PORT + (next++ % PORTS);
  const add = (
    state: Socket['state'],
    local: string,
    localPort: number,
    peer: string,
    peerPort: number,
    mapped = false,
  ): void => {
    sockets.push({ state, local, localPort, peer, peerPort, mapped });
  };
  const inFlight = second.busy + second.queue;
  const clients = 6 + inFlight;
  for (let n = 0; n < clients; n++) {
    const client = `10.246.65.${10 + ((n * 7) % 40)}`;
    add('ESTAB', address, group.port, client, port());
    add('ESTAB', address, port(), peers[n % peers.length] ?? address, proxyPort(group));
  }
  if (!traffic.apacheRuns) return sockets;
  for (let n = 0; n < clients; n++) add('ESTAB', address, proxyPort(group), peers[n % peers.length] ?? address, port(), true);
  // Pooled connections outlive their request; with event, the pool is what it closes when a child is full.
  const pooled = config.proxy === 'nokeepalive' ? inFlight : inFlight + 14;
  for (let n = 0; n < pooled; n++) {
    const own = port();
    add('ESTAB', '127.0.0.1', own, '127.0.0.1', wsgiPort(group));
    add('ESTAB', '127.0.0.1', wsgiPort(group), '127.0.0.1', own, true);
  }
  const closed = timeWaits(config, traffic.lastMinute, second);
  for (let n = 0; n < closed; n++) add('TIME-WAIT', '127.0.0.1', port(), '127.0.0.1', wsgiPort(group));
  return sockets;
}

/** Without keep-alive every request leaves one; otherwise only what was closed early does (catalogue E6). */
function timeWaits(config: RunningConfig, lastMinute: number, second: Second): number {
  if (config.proxy === 'nokeepalive') return lastMinute;
  return 2 + Math.round(lastMinute / 100) + second.lost * 4;
}

const hex = (value: number, width: number): string => value.toString(16).toUpperCase().padStart(width, '0');

/** As the kernel prints an IPv4 address: bytes reversed. */
function hexAddress(address: string): string {
  return address
    .split('.')
    .reverse()
    .map((part) => hex(Number(part), 2))
    .join('');
}

const STATES = { ESTAB: '01', 'TIME-WAIT': '06', LISTEN: '0A' } as const;

/** /proc/net/tcp for the plain sockets, or /proc/net/tcp6 for the mapped ones. */
export function procTable(sockets: readonly Socket[], six: boolean): string {
  const head = six
    ? '  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'
    : '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     ';
  const form = (address: string): string => {
    if (!six) return hexAddress(address);
    return address === '0.0.0.0' ? '0'.repeat(32) : `0000000000000000FFFF0000${hexAddress(address)}`;
  };
  const rows = sockets
    .filter(({ mapped }) => mapped === six)
    .map((socket, n) => {
      const ends = `${form(socket.local)}:${hex(socket.localPort, 4)} ${form(socket.peer)}:${hex(socket.peerPort, 4)}`;
      const timer = socket.state === 'TIME-WAIT' ? '03:00001000' : '00:00000000';
      const inode = socket.state === 'TIME-WAIT' ? 0 : 400000 + n;
      return `${`${n}`.padStart(4)}: ${ends} ${STATES[socket.state]} 00000000:00000000 ${timer} 00000000     0        0 ${inode} 1 0000000000000000 20 4 30 10 -1`;
    });
  return `${[head, ...rows].join('\n')}\n`;
}

/** What the stand-in of ss reads: state, local, peer. */
export function ssTable(sockets: readonly Socket[]): string {
  const form = (address: string, port: number, mapped: boolean): string =>
    mapped ? `[::ffff:${address}]:${port}` : `${address}:${port}`;
  return sockets
    .filter(({ state }) => state !== 'LISTEN')
    .map(
      (socket) =>
        `${socket.state} ${form(socket.local, socket.localPort, socket.mapped)} ${form(socket.peer, socket.peerPort, socket.mapped)}\n`,
    )
    .join('');
}

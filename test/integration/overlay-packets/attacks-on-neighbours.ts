import { from, who, type Attack } from './attackers.ts';
import {
  addressBytes,
  arp,
  broadcastMac,
  ethernet,
  icmp,
  ip,
  ipFrame,
  macBytes,
  protocols,
  virtualMac,
  type Arp,
} from './frames.ts';

const { web1, web2, db1, app1, app2, evil1 } = who;
const everybody = ['33:33:00:00:00:01', 'ff02::1'] as const;

function arpFrame(claims: Arp, { sender = claims.senderMac, to = broadcastMac } = {}): Buffer {
  return ethernet({ from: sender, to, type: 0x0806, payload: arp(claims) });
}

interface Neighbour {
  readonly type: number;
  readonly source: string;
  readonly target: string;
  readonly to: string;
  readonly rest: Buffer;
}

/** A message of neighbour discovery (RFC 4861); `rest` follows the checksum. */
function neighbour(mac: string, { type, source, target, to, rest }: Neighbour): Buffer {
  const ends = { source, target };
  const packet = ip({ ...ends, protocol: protocols.icmpV6, ttl: 255 }, icmp(ends, { type }, rest));
  return ipFrame(mac, packet, to);
}

const ownLinkLayer = (kind: 1 | 2, mac: string): Buffer =>
  Buffer.concat([Buffer.from([kind, 1]), macBytes(mac)]);

/** What every attacker may ask, and is answered: by the router, and by nobody else. */
export function asked(): { name: string; sent: Attack['sent'] } {
  const request = { senderMac: app1.mac, sender: app1.ip, target: db1.ip };
  const rest = Buffer.concat([Buffer.alloc(4), addressBytes(db1.ip6), ownLinkLayer(1, app1.mac)]);
  const solicitation = {
    ...{ type: 135, source: app1.ip6, target: 'ff02::1:ff00:1', to: '33:33:ff:00:00:01', rest },
  };
  return {
    name: 'questions of an honest neighbour',
    sent: from(app1, arpFrame(request), neighbour(app1.mac, solicitation)),
  };
}

/** Claims about who has an address, and questions that must stay without an answer. */
export function claimed(): Attack[] {
  const victims = [app2, web1, db1];
  return [app1, evil1].flatMap((attacker) => [
    {
      name: `ARP claims of ${attacker.name}`,
      sent: from(
        attacker,
        ...[attacker, ...victims].flatMap(({ ip: claimedIp }) =>
          [false, true].flatMap((isReply) => [
            arpFrame({ isReply, senderMac: attacker.mac, sender: claimedIp, target: claimedIp }),
            ...[broadcastMac, web1.mac, virtualMac].map((to) =>
              arpFrame(
                { isReply: true, senderMac: attacker.mac, sender: claimedIp, target: web1.ip },
                { to },
              ),
            ),
          ]),
        ),
      ),
    },
    {
      name: `ARP questions of ${attacker.name} under another name, about itself, or without a name`,
      sent: from(
        attacker,
        ...['0.0.0.0', app2.ip, web1.ip, '255.255.255.255'].flatMap((sender) =>
          [db1.ip, attacker.ip].map((target) => arpFrame({ senderMac: attacker.mac, sender, target })),
        ),
        arpFrame({ senderMac: attacker.mac, sender: attacker.ip, target: attacker.ip }),
        arpFrame({ senderMac: web2.mac, sender: attacker.ip, target: db1.ip }, { sender: attacker.mac }),
        arpFrame({ senderMac: attacker.mac, sender: attacker.ip, target: db1.ip }, { sender: web2.mac }),
        ethernet({
          ...{ from: attacker.mac, to: broadcastMac, type: 0x8035 },
          payload: arp({ senderMac: attacker.mac, sender: attacker.ip, target: attacker.ip }),
        }),
      ),
    },
    {
      name: `neighbour advertisements of ${attacker.name}`,
      sent: from(
        attacker,
        ...[attacker, ...victims].flatMap(({ ip6: claimedIp }) => {
          const told = [addressBytes(claimedIp), ownLinkLayer(2, attacker.mac)];
          const rest = Buffer.concat([Buffer.from([0x20, 0, 0, 0]), ...told]);
          return [everybody, [web1.mac, web1.ip6], [virtualMac, web2.ip6], [virtualMac, app2.ip6]].flatMap(
            ([to = '', target = '']) =>
              [attacker.ip6, claimedIp, 'fe80::1'].map((source) =>
                neighbour(attacker.mac, { type: 136, source, target, to, rest }),
              ),
          );
        }),
      ),
    },
    {
      name: `questions of ${attacker.name} for its own IPv6 address, or from none`,
      sent: from(
        attacker,
        ...[
          ['::', attacker.ip6],
          ['::', db1.ip6],
          [attacker.ip6, attacker.ip6],
          [app2.ip6, db1.ip6],
          [web1.ip6, db1.ip6],
        ].map(([source = '', about]) => {
          const rest = Buffer.concat([Buffer.alloc(4), addressBytes(about ?? '')]);
          const to = '33:33:ff:00:00:01';
          // An attacker that is app-1 may ask as itself only.
          return neighbour(attacker.mac, { type: 135, source, target: 'ff02::1:ff00:1', to, rest });
        }),
      ),
    },
    {
      name: `words of ${attacker.name} as a router`,
      sent: from(attacker, ...asRouter(attacker)),
    },
  ]);
}

/** Advertisements, solicitations, redirects, queries for listeners. */
function asRouter({ mac, ip: source4, ip6 }: typeof app1 | typeof evil1): Buffer[] {
  const prefix = Buffer.concat([
    Buffer.from([3, 4, 64, 0xc0]),
    Buffer.alloc(12, 255),
    addressBytes('fd66::'),
  ]);
  const advertisement = Buffer.concat([Buffer.from([64, 0, 7, 8]), Buffer.alloc(8), prefix]);
  const redirect = Buffer.concat([Buffer.alloc(4), addressBytes(ip6), addressBytes(web1.ip6)]);
  const targets = [
    everybody,
    [virtualMac, web1.ip6],
    [virtualMac, web2.ip6],
    [virtualMac, app2.ip6],
  ] as const;
  const messages = [
    [134, advertisement],
    [133, Buffer.alloc(4)],
    [137, redirect],
    [130, Buffer.alloc(20)],
    [138, Buffer.alloc(12)],
    [143, Buffer.alloc(4)],
  ] as const;
  const inV6 = targets
    .slice(0, 3)
    .flatMap(([to, target]) =>
      messages.flatMap(([type, rest]) =>
        [ip6, 'fe80::1'].map((source) => neighbour(mac, { type, source, target, to, rest })),
      ),
    );
  const inV4 = [web1.ip, web2.ip].flatMap((target) =>
    [5, 9, 10].map((type) => {
      const ends = { source: source4, target };
      const about = Buffer.concat([addressBytes(source4), Buffer.alloc(28)]);
      return ipFrame(mac, ip({ ...ends, protocol: protocols.icmp }, icmp(ends, { type }, about)));
    }),
  );
  return [...inV6, ...inV4];
}

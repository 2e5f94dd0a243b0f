import { from, who, type Attack } from './attackers.ts';
import { echo, ip, ipFrame, protocols, udp, type Ends } from './frames.ts';
import type { Sent } from './packets.ts';

const { web2, app1, evil1 } = who;

type TunnelKind = 'vxlan' | 'geneve';
const tunnelPortOf = { vxlan: 4789, geneve: 6081 } as const;

/** The tunnel addresses of `threeHosts`, and one of nobody. */
export const tunnelIps = { h1: '172.31.0.1', h2: '172.31.0.2', h3: '172.31.0.3', nobody: '172.31.0.99' };

/** All numbers that the shard of `threeHosts` may give to networks, and one of nobody. */
const vnis: readonly number[] = [...Array.from({ length: 10 }, (_, index) => 100 + index), 999];

/** The first identifier of the pings inside; the VNI is added. */
export const firstPing = 40_000;

/** A frame in a tunnel, as an IPv4 packet. */
function encapsulated(kind: TunnelKind, ends: Ends, { vni, inner }: { vni: number; inner: Buffer }): Buffer {
  const number = Buffer.from([vni >> 16, (vni >> 8) & 255, vni & 255, 0]);
  const flags = kind === 'vxlan' ? Buffer.from([8, 0, 0, 0]) : Buffer.from([0, 0, 0x65, 0x58]);
  const ports = { from: 50_000, to: tunnelPortOf[kind] };
  const payload = udp(ends, ports, Buffer.concat([flags, number, inner]));
  return ip({ ...ends, protocol: protocols.udp }, payload);
}

/** A ping of `globex/app-1` to `acme/web-2`, as its host would send it to the other host, under every number there is. */
export function tunnelled(kind: TunnelKind, { sender, source }: { sender: string; source: string }): Sent[] {
  const inside = { source: app1.ip, target: web2.ip };
  return vnis.map((vni) => {
    const packet = ip({ ...inside, protocol: protocols.icmp }, echo(inside, { id: firstPing + vni }));
    const ends = { source, target: tunnelIps.h2 };
    return { from: sender, frame: encapsulated(kind, ends, { vni, inner: ipFrame(app1.mac, packet) }) };
  });
}

export function forgedTunnels(): Attack[] {
  return (['vxlan', 'geneve'] as const).flatMap((kind) => [
    {
      name: `${kind} from a tunnel address of nobody`,
      sent: tunnelled(kind, { sender: 'h3', source: tunnelIps.nobody }),
    },
    {
      name: `${kind} from a host that carries none of these networks`,
      sent: tunnelled(kind, { sender: 'h3', source: tunnelIps.h3 }),
    },
    {
      name: `${kind} from the receiving host's own address`,
      sent: tunnelled(kind, { sender: 'h3', source: tunnelIps.h2 }),
    },
    {
      name: `${kind} of a workload's own making`,
      sent: [app1, evil1].flatMap((attacker) =>
        [tunnelIps.h1, tunnelIps.h2, web2.ip].flatMap((target) =>
          [attacker.ip, tunnelIps.h1].flatMap((source) =>
            vnis.slice(0, 6).flatMap((vni) => {
              const inside = { source: app1.ip, target: web2.ip };
              const packet = ip({ ...inside, protocol: protocols.icmp }, echo(inside, { id: 24_000 }));
              const inner = ipFrame(app1.mac, packet);
              const outer = encapsulated(kind, { source, target }, { vni, inner });
              return from(attacker, ipFrame(attacker.mac, outer));
            }),
          ),
        ),
      ),
    },
  ]);
}

import type { WrittenEndpoint, WrittenExternal, WrittenHost, WrittenShard } from './documents.ts';
import { vaultSegment } from './estate.ts';
import { ipv4, ipv6, mac, tunnelAddress } from './numbering.ts';
import type { Settings } from './options.ts';
import type { Random } from './random.ts';

/** The shards, each with VNIs enough for the whole estate several times over, and their hosts. */
export function shardsAndHosts(settings: Settings, random: Random): (WrittenShard | WrittenHost)[] {
  const vnisPerShard = settings.tenants * (settings.segmentsPerTenantMax + 1) * 2 + 1000;
  return Array.from({ length: settings.shards }, (_, index) => index).flatMap((index) => {
    const shard = `shard-${index + 1}`;
    const from = 5000 + index * vnisPerShard;
    const limit = random.chance(0.5) ? { revocationLimit: `${random.pick([30, 60, 90])}s` } : {};
    return [
      {
        kind: 'Shard' as const,
        shard,
        overlay: 'embedded',
        tunnel: random.pick(['vxlan', 'geneve'] as const),
        vnis: { from, to: from + vnisPerShard - 1 },
        ...limit,
      },
      ...Array.from({ length: settings.hostsPerShard }, (_, nth) => {
        const number = index * settings.hostsPerShard + nth + 1;
        return { kind: 'Host' as const, host: `hv-${number}`, shard, tunnelIp: tunnelAddress(number) };
      }),
    ];
  });
}

/** A new port: the number above all numbers given to ports before. */
interface Port {
  readonly number: number;
  readonly host: string;
}

/** The half of an endpoint or gateway that says where it is plugged in; no interface twice on any host. */
export function pluggedIn({ number, host }: Port): { host: string; interface: string; mac: string } {
  return { host, interface: `port-${number}`, mac: mac(number) };
}

/** An endpoint; `address` must be above all numbers of addresses given in its realm, or in its tenant's vault. */
export function newEndpoint(
  random: Random,
  at: { segment: string; port: Port; address: number; withIpv6: boolean },
): WrittenEndpoint {
  const inVault = at.segment === vaultSegment;
  const four = ipv4(at.address, inVault);
  const six = ipv6(at.address, inVault);
  const ip = at.withIpv6 && random.chance(0.3) ? random.pick<string | string[]>([six, [four, six]]) : four;
  return { name: `${at.segment}-${at.port.number}`, segment: at.segment, ip, ...pluggedIn(at.port) };
}

/** An external's document without its addresses, with a gateway more often than not. */
export function newExternal(
  random: Random,
  at: { name: string; cidrs: string[]; port: Port; classified: boolean },
): WrittenExternal {
  const { mac: nextHop, ...plug } = pluggedIn(at.port);
  const gateway = random.chance(0.8) ? { ...plug, mac: nextHop } : plug;
  return {
    kind: 'External',
    external: at.name,
    ...(at.classified && random.chance(0.5)
      ? { classification: random.pick(['public', 'confidential'] as const) }
      : {}),
    cidrs: at.cidrs,
    ...(random.chance(0.7) ? { gateway } : {}),
  };
}

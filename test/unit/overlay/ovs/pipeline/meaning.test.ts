import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { BindingObject, HostObject, OverlayObject } from '../../../../../events/overlay-objects.ts';
import { flowsOf } from '../../../../../src/overlay/ovs/pipeline/compile.ts';
import { SetModel } from '../../../../../src/overlay/ovs/pipeline/model.ts';
import { tunnelPorts, virtualMac } from '../../../../../src/overlay/ovs/pipeline/tables.ts';
import type { Packet } from '../../../../../src/overlay/port.ts';
import { hostState, MemoryOverlay } from '../../../../doubles/memory-overlay.ts';
import { memoryProbe } from '../../../../doubles/memory-probe.ts';
import { sendThrough, tablesOf, type FirstPacket, type SentPacket } from '../../../../oracle/flow-tables.ts';
import {
  addressesOfEstates,
  hostsOfEstates,
  openEstate,
  randomEstate,
} from '../../../../support/random-estates.ts';
import { expectEqual } from '../../../../support/expect-equal.ts';
import { wiringFor } from '../../../../support/switch-wiring.ts';

/** The switches of an estate, all of which hold the same set. */
class Switches {
  readonly #bindings: BindingObject[];
  readonly #hosts: HostObject[];
  readonly #tablesOf: (host: string) => ReturnType<typeof tablesOf>;
  readonly #portOf: (endpoint: string) => number;

  constructor(objects: readonly OverlayObject[]) {
    this.#bindings = objects.filter((object) => object.kind === 'binding');
    this.#hosts = objects.filter((object) => object.kind === 'host');
    const wiring = wiringFor(objects);
    const model = SetModel.of(objects);
    const tables = new Map<string, ReturnType<typeof tablesOf>>(
      hostsOfEstates.map((host) => [host, tablesOf(flowsOf(model, { host, wiring }).values())]),
    );
    this.#tablesOf = (host) => tables.get(host) ?? tablesOf([]);
    this.#portOf = (endpoint) => wiring.portOf(endpoint)?.ofport ?? 0;
  }

  /** The endpoint that gets a packet; null if nobody does. */
  receiverOf(sender: BindingObject, packet: Packet): string | null {
    const { src, dst, dstPort } = packet;
    const isV6 = src.includes(':');
    const protocol =
      { tcp: 6, udp: 17, sctp: 132, icmp: isV6 ? 58 : 1 }[packet.protocol] ?? Number(packet.protocol);
    const icmpType = packet.protocol === 'icmp' ? { icmpType: isV6 ? 128 : 8 } : {};
    const sent = { src, dst, protocol, ...icmpType, ...(dstPort === undefined ? {} : { dstPort }) };
    const ethernet = { ethSrc: sender.mac ?? '', ethDst: virtualMac };
    const out = sendThrough(this.#tablesOf(sender.host), {
      inPort: this.#portOf(sender.endpoint),
      ...ethernet,
      ...sent,
    });
    return this.#arrivedAt(sender.host, out, { ...ethernet, ...sent });
  }

  /** Who gets a packet that somebody sends into the tunnel of a host by hand. */
  receiverOfForged(host: string, packet: FirstPacket): string | null {
    return this.#arrivedAt(host, sendThrough(this.#tablesOf(host), packet), packet);
  }

  #arrivedAt(host: string, sent: readonly SentPacket[], packet: Omit<FirstPacket, 'inPort'>): string | null {
    const [out, ...others] = sent;
    expect(others).toEqual([]);
    if (out === undefined) return null;
    const local = this.#bindings.find(
      (binding) => binding.host === host && this.#portOf(binding.endpoint) === out.port,
    );
    if (local !== undefined) {
      expect(out.ethDst).toBe(local.mac);
      return local.endpoint;
    }
    const to = this.#hosts.find(({ tunnelIp }) => tunnelIp === out.tunnel.dst);
    const from = this.#hosts.find((known) => known.host === host);
    if (to === undefined || from === undefined) throw new Error('a packet to nowhere');
    expect(out.port).toBe(tunnelPorts[to.tunnel]);
    const arrived = sendThrough(this.#tablesOf(to.host), {
      ...packet,
      inPort: out.port,
      tunnel: { id: out.tunnel.id, src: from.tunnelIp },
    });
    return this.#arrivedAt(to.host, arrived, packet);
  }
}

const elsewhere = ['10.9.9.9', 'fd99::9'];

/** Packets from and to every address, as far as families go together, of each kind of protocol. */
function* packetsOf(sources: readonly string[]): Generator<Packet> {
  for (const src of sources) {
    for (const dst of [...addressesOfEstates, ...elsewhere]) {
      if (src.includes(':') !== dst.includes(':')) continue;
      for (const dstPort of [80, 53, 443]) yield { src, dst, protocol: 'tcp', srcPort: 40_000, dstPort };
      for (const protocol of ['udp', 'sctp']) yield { src, dst, protocol, srcPort: 40_000, dstPort: 53 };
      yield { src, dst, protocol: 'icmp' };
      yield { src, dst, protocol: '47' };
    }
  }
}

/** Tries an estate with packets from all of its ports, spoofed ones too. How many were delivered. */
async function tryOut(objects: readonly OverlayObject[], spoofed: string): Promise<number> {
  let delivered = 0;
  const overlay = new MemoryOverlay();
  for (const host of hostsOfEstates) overlay.hosts.set(host, hostState(1, objects));
  const plain = memoryProbe(() => [overlay], { ledger: 'ledger-1' });
  const switches = new Switches(objects);
  for (const sender of objects.filter((object) => object.kind === 'binding')) {
    const own = sender.endpoint.includes('/') ? sender.ips : elsewhere;
    for (const packet of packetsOf([...new Set([...own, spoofed])])) {
      // A switch sends nothing back by the port that it came from, whatever flows say.
      const beyond = (to: string | null): string | null => (to === sender.endpoint ? null : to);
      const to = beyond((await plain.probe(sender.endpoint, packet)).to);
      if (to !== null) delivered += 1;
      const asked = { from: sender.endpoint, packet };
      expectEqual({ ...asked, to: beyond(switches.receiverOf(sender, packet)) }, { ...asked, to });
    }
  }
  return delivered;
}

it('lets through and drops new connections as the objects say', async () => {
  let delivered = 0;
  await fc.assert(
    fc.asyncProperty(randomEstate, fc.constantFrom(...addressesOfEstates), async (objects, spoofed) => {
      delivered += await tryOut(objects, spoofed);
    }),
    { numRuns: 120 },
  );
  expect(delivered).toBeGreaterThan(300);
});

it.each(['t1/web', 't1/db', 't2/web', 'out'])(
  'cuts off %s by any one of its quarantine acls',
  async (end) => {
    const open = openEstate();
    const all = await tryOut(open, '10.0.0.1');
    const shape = {
      kind: 'acl',
      protocol: 'any',
      action: 'deny',
      tier: 'quarantine',
      id: 'f'.repeat(24),
    } as const;
    for (const side of ['egress', 'ingress'] as const)
      for (const ends of [
        { from: end, to: '*' },
        { from: '*', to: end },
      ])
        for (const wholly of [{}, { wholly: true as const }])
          expect(await tryOut([...open, { ...shape, side, ...ends, ...wholly }], '10.0.0.1')).toBeLessThan(
            all,
          );
  },
);

/** What somebody may send into tunnels by hand: from every address of theirs, under every number. */
function* forgedAt(
  objects: readonly OverlayObject[],
): Generator<{ host: string; from: string; id: number; packet: FirstPacket }> {
  const numbers = objects.flatMap((object) => (object.kind === 'network' ? [object.vni] : []));
  for (const host of hostsOfEstates)
    for (const from of ['172.31.0.1', '172.31.0.2', 'fd31::3', '172.31.0.9'])
      for (const id of [...numbers, 0, 999])
        for (const dst of addressesOfEstates) {
          const ethernet = { ethSrc: virtualMac, ethDst: virtualMac };
          const src = dst.includes(':') ? 'fd00::1' : '10.0.0.1';
          const packet = {
            inPort: 1,
            tunnel: { id, src: from },
            ...ethernet,
            src,
            dst,
            protocol: 6,
            dstPort: 80,
          };
          yield { host, from, id, packet };
        }
}

it('takes from a tunnel only what a host at that address may send, and sends nothing of it on to other hosts', () => {
  let delivered = 0;
  fc.assert(
    fc.property(randomEstate, (objects) => {
      const switches = new Switches(objects);
      const bindings = objects.filter((object) => object.kind === 'binding');
      for (const { host, from, id, packet } of forgedAt(objects)) {
        const receiver = switches.receiverOfForged(host, packet);
        if (receiver === null) continue;
        delivered += 1;
        const sender = objects.find((object) => object.kind === 'host' && object.tunnelIp === from);
        if (sender?.kind !== 'host') throw new Error('a packet of nobody arrived');
        expect(sender.host).not.toBe(host);
        expect(bindings.some((at) => at.host === sender.host && at.vni === id)).toBe(true);
        expect(bindings.find((at) => at.endpoint === receiver)?.host).toBe(host);
      }
    }),
    { numRuns: 60 },
  );
  expect(delivered).toBeGreaterThan(20);
});

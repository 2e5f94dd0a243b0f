import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Lab } from '../../../infra/lab/lab.ts';
import { tables } from '../../../src/overlay/ovs/pipeline/tables.ts';
import { bridgeNameOf } from '../../../src/overlay/ovs/switch/owner.ts';
import { describeNeeding } from '../../support/needs.ts';
import { from } from './attackers.ts';
import { change, succeed } from './documents-of-lab.ts';
import { labOf, packetNeeds } from './estates.ts';
import { errorsAbout, ip, ipFrame, isV6, protocols, udp, type Ends } from './frames.ts';
import { ofctl } from './ofctl.ts';
import { Packets, type Sent } from './packets.ts';
import { app1, documents, heardAtWeb, own, web } from './wide-external.ts';

/** How long packets may take to arrive. */
const settleMs = 500;

const bridge = bridgeNameOf('s1');

interface Sending {
  readonly name: string;
  readonly mac: string;
}

/** An exchange of datagrams between an end of `acme/web` and somebody far, by the port of each. */
interface Exchange {
  readonly near: Sending & { readonly address: string };
  readonly far: Sending & { readonly address: string };
  readonly nearPort: number;
  readonly farPort: number;
}

describeNeeding(packetNeeds, 'errors that an external sends', () => {
  let lab: Lab;
  let packets: Packets;
  let wide: Sending;

  beforeAll(async () => {
    lab = await labOf('er', documents);
    packets = await Packets.open(lab, [53]);
    wide = { name: 'wide', mac: lab.plan.workloads.find(({ name }) => name === 'wide')?.mac ?? '' };
  });

  afterAll(async () => {
    await packets[Symbol.asyncDispose]();
    await lab[Symbol.asyncDispose]();
  });

  it('arrive where they tell of its own exchanges', async () => {
    for (const exchange of exchanges(wide, own, 20_000)) {
      // The hosts have to find each other first.
      await expect.poll(() => errorsHeardIn(exchange), { timeout: 20_000 }).toEqual(allKinds(exchange));
    }
  });

  it('do not arrive where they tell of exchanges between others', async () => {
    for (const exchange of exchanges(app1, [app1.ip, app1.ip6], 20_100)) {
      expect(await errorsHeardIn(exchange)).toEqual([]);
    }
  });

  it('do not arrive where an exchange was opened by flows that wrote down nobody', async () => {
    const all = exchanges(app1, [app1.ip, app1.ip6], 20_300);
    await forgetFarEnds();
    for (const exchange of all) await errorsHeardIn(exchange);
    await succeed(lab, ['sync']);
    for (const exchange of all) expect(await errorsHeardIn(exchange)).toEqual([]);
  });

  it('no longer arrive once an endpoint has the address of the exchange', async () => {
    const addresses = ['10.1.1.9', 'fd00:1:1::9'];
    const all = exchanges(wide, addresses, 20_200);
    for (const exchange of all) {
      await expect.poll(() => errorsHeardIn(exchange), { timeout: 20_000 }).toEqual(allKinds(exchange));
    }
    const known = '  - { name: db-1, ';
    const newcomer = `  - { name: db-9, segment: db, ip: [10.1.1.9, "fd00:1:1::9"], mac: "02:00:0a:01:01:09", host: h2, interface: db9 }\n`;
    await change(lab, known, `${newcomer}${known}`);
    for (const exchange of all) expect(await errorsHeardIn(exchange)).toEqual([]);
    await change(lab, newcomer, '');
    for (const exchange of all) expect(await errorsHeardIn(exchange)).toEqual(allKinds(exchange));
  });

  it('are told as attempts', async () => {
    expect(await succeed(lab, ['status'])).toMatch(/wide\b.*acme\/web/);
  });

  /** Has the switches write down of new connections what an earlier version did. */
  async function forgetFarEnds(): Promise<void> {
    for (const { host } of lab.plan.hosts) {
      const flows = await ofctl(lab, host, [
        '--no-stats',
        'dump-flows',
        bridge,
        `table=${String(tables.commit)}`,
      ]);
      for (const flow of flows.split('\n').filter((line) => line.includes('CT_LABEL')))
        await ofctl(lab, host, ['add-flow', bridge, flow.replace(/,move:[^,]*->NXM_NX_CT_LABEL[^)]*/, '')]);
    }
  }

  /** Opens an exchange, forges its part for the gateway of `wide`, and tells of errors about it: `name source`, as they are heard. */
  async function errorsHeardIn({ near, far, nearPort, farPort }: Exchange): Promise<string[]> {
    const toNear = { source: far.address, target: near.address };
    const toFar = { source: near.address, target: far.address };
    const question = datagram(toNear, { from: farPort, to: nearPort });
    const answer = datagram(toFar, { from: nearPort, to: farPort });
    const opening =
      farPort === 53 ? from(near, ipFrame(near.mac, answer)) : from(far, ipFrame(far.mac, question));
    await packets.send(opening);
    await pause(100);
    await packets.send(from(wide, ipFrame(wide.mac, question)));
    await pause(100);
    await packets.heard();
    const source = own.find((address) => isV6(address) === isV6(far.address)) ?? '';
    const sent: Sent[] = errorsAbout({ source, target: near.address }, answer).flatMap((packet) =>
      from(wide, ipFrame(wide.mac, packet)),
    );
    await packets.send(sent);
    await pause(settleMs);
    return heardAtWeb(await packets.heard(), sent);
  }
});

/** Exchanges at each end of `acme/web`, opened by who is far and by the end, in ports of their own. */
function exchanges(far: Sending, addresses: readonly string[], firstPort: number): Exchange[] {
  return web.flatMap((end, at) =>
    addresses.flatMap((address, which) => {
      const near = { ...end, address: isV6(address) ? end.ip6 : end.ip };
      const port = firstPort + 10 * which + at;
      return [
        { near, far: { ...far, address }, nearPort: 53, farPort: port },
        { near, far: { ...far, address }, nearPort: port + 5, farPort: 53 },
      ];
    }),
  );
}

/** One of each kind of error, as it is heard. */
function allKinds({ near, far }: Exchange): string[] {
  const [v4, v6] = own;
  return isV6(far.address)
    ? new Array<string>(4).fill(`${near.name} ${v6 ?? ''}`)
    : new Array<string>(6).fill(`${near.name} ${v4 ?? ''}`);
}

function datagram(ends: Ends, ports: { from: number; to: number }): Buffer {
  return ip({ ...ends, protocol: protocols.udp }, udp(ends, ports, Buffer.from('a datagram')));
}

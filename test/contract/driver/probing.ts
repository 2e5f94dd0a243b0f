import { beforeAll, describe, expect, it } from 'vitest';
import type { OverlayObject } from '../../../events/overlay-objects.ts';
import { OverlayUnavailable } from '../../../src/overlay/faults.ts';
import type { Packet, ProbeResult } from '../../../src/overlay/port.ts';
import { Fault, ForeignState } from '../../../src/runtime/errors.ts';
import { Host } from './host.ts';
import { hostsOfTown, objectsFor, type TownState } from './town.ts';
import type { OpenOverlay, OverlayUnderTest } from './under-test.ts';

function packet(src: string, dst: string, rest: Partial<Packet> = {}): Packet {
  return { src, dst, protocol: 'tcp', srcPort: 40_000, dstPort: 443, ...rest };
}

/** A packet that globex/app-1 may send to acme/web-1 where the policies of the town stand. */
const granted = packet('10.2.0.1', '10.1.0.1');

/** Drives hosts of the town, each to the state that is named for it; a host that is not named holds nothing. */
async function driveTown(
  overlay: OverlayUnderTest,
  states: Readonly<Record<string, TownState>>,
  plan = 1,
): Promise<void> {
  for (const { shard, host } of hostsOfTown) {
    const state = states[host];
    if (state === undefined) continue;
    const objects = await objectsFor(state, shard);
    await new Host(overlay, { shard, host }).takes({ plan, objects });
  }
}

const everywhere = (state: TownState): Record<string, TownState> =>
  Object.fromEntries(hostsOfTown.map(({ host }) => [host, state]));

/**
 * The town in one state, for every test of the block in which this stands: it is driven before the first of them. They ask only, and
 * asking changes nothing at any host, which a test of its own holds; nothing else is opened in that block.
 */
function standingTown(open: OpenOverlay, state: TownState): () => OverlayUnderTest {
  let overlay: OverlayUnderTest | undefined;
  beforeAll(async () => {
    overlay = open();
    await driveTown(overlay, everywhere(state));
  });
  return () => {
    if (overlay === undefined) throw new Error('the town is not driven yet');
    return overlay;
  };
}

/** An object as the test of what is lacking names it. */
function spelt(object: OverlayObject): string {
  switch (object.kind) {
    case 'acl':
      return `acl ${object.side} ${object.from} ${object.to}`;
    case 'binding':
    case 'qos':
      return `${object.kind} ${object.endpoint}`;
    case 'host':
      return `host ${object.host}`;
    case 'route':
    case 'network':
      return object.kind;
  }
}

function ask(overlay: OverlayUnderTest, from: string, sent: Packet): Promise<ProbeResult> {
  return overlay.probe({ ledger: 'ledger-1' }).probe(from, sent);
}

/** Who receives the packet; undefined where it is dropped, with a reason in words. */
async function receiverOf(
  overlay: OverlayUnderTest,
  from: string,
  sent: Packet,
): Promise<string | undefined> {
  const { delivered, to, rule } = await ask(overlay, from, sent);
  expect(rule).not.toBe('');
  expect(delivered).toBe(to !== null);
  return to ?? undefined;
}

/** What the probe throws, given that it does. */
async function refusal(overlay: OverlayUnderTest): Promise<Fault> {
  try {
    await ask(overlay, 'globex/app-1', granted);
  } catch (fault) {
    if (fault instanceof Fault) return fault;
    throw fault;
  }
  throw new Error('it answered');
}

function namedIn({ message }: Fault): string[] {
  return hostsOfTown.map(({ host }) => host).filter((host) => message.includes(host));
}

export function describeProbing(open: OpenOverlay): void {
  describe('asked about a packet where the policies of the town stand', () => {
    const town = standingTown(open, 'open');

    it.each<[what: string, from: string, packet: Packet, receiver: string | undefined]>([
      ['across shards, as granted', 'globex/app-1', granted, 'acme/web-1'],
      ['to a port that is not granted', 'globex/app-1', { ...granted, dstPort: 444 }, undefined],
      ['by a protocol that is not granted', 'globex/app-1', { ...granted, protocol: 'udp' }, undefined],
      [
        'by a protocol without a name',
        'globex/app-1',
        { src: '10.2.0.1', dst: '10.1.0.1', protocol: '47' },
        undefined,
      ],
      ['against the direction of the grant', 'acme/web-1', packet('10.1.0.1', '10.2.0.1'), undefined],
      ['under an address that is another’s', 'globex/app-1', packet('10.2.0.9', '10.1.0.1'), undefined],
      ['under what is no address', 'globex/app-1', packet('globex', '10.1.0.1'), undefined],
      ['to an address that nobody has', 'globex/app-1', packet('10.2.0.1', '10.1.0.99'), undefined],
      ['to a segment without a route', 'globex/app-1', packet('10.2.0.1', '10.1.1.1'), undefined],
      ['to what is no address', 'globex/app-1', packet('10.2.0.1', 'acme'), undefined],
      [
        'within a tenant, by any protocol',
        'acme/web-1',
        { src: '10.1.0.1', dst: '10.1.1.1', protocol: '47' },
        'acme/db-1',
      ],
      // A switch sends nothing out of the port that it came in by.
      ['to oneself', 'acme/web-1', packet('10.1.0.1', '10.1.0.1'), undefined],
      ['to the internet', 'acme/web-1', packet('10.1.0.1', '8.8.8.8'), 'internet'],
      ['to a longer prefix of another external', 'acme/web-1', packet('10.1.0.1', '198.51.100.7'), undefined],
      [
        'from the internet under a longer prefix of another external',
        'internet',
        packet('198.51.100.7', '10.1.0.1'),
        undefined,
      ],
      ['from the internet, which nobody let in', 'internet', packet('8.8.8.8', '10.1.0.1'), undefined],
    ])('%s', async (_what, from, sent, receiver) => {
      expect(await receiverOf(town(), from, sent)).toBe(receiver);
    });

    it('names the acl that lets it pass, out of those that hosts hold', async () => {
      const { rule } = await ask(town(), 'globex/app-1', granted);
      const acls = (await objectsFor('open')).filter((object) => object.kind === 'acl');
      const deciding = acls.filter(({ from, to }) => from === 'globex/app' && to === 'acme/web');
      expect(deciding.map(({ id }) => id)).toContain(rule);
    });
  });

  describe('asked about a packet where the internet is let in', () => {
    const town = standingTown(open, 'internet let in');

    it.each<[what: string, src: string, dst: string, receiver: string | undefined]>([
      ['its own, on its own host', '8.8.8.8', '10.1.0.1', 'acme/web-1'],
      ['its own, on another host', '8.8.8.8', '10.1.1.1', 'acme/db-1'],
      ['of somebody whom the receiver may talk to, on its own host', '10.2.0.1', '10.1.0.1', undefined],
      ['of another segment of the tenant, on its own host', '10.1.1.1', '10.1.0.1', undefined],
      ['of another segment of the tenant, on another host', '10.1.0.1', '10.1.1.1', undefined],
      ['of the receiver', '10.1.0.1', '10.1.0.1', undefined],
      ['of somebody whom the receiver does not know', '10.2.0.1', '10.1.1.1', 'acme/db-1'],
    ])('from the internet, which was let in, under an address %s', async (_what, src, dst, receiver) => {
      expect(await receiverOf(town(), 'internet', packet(src, dst))).toBe(receiver);
    });
  });

  describe('asked about a packet where one host lacks something', () => {
    const town = standingTown(open, 'open');
    let plan = 1;

    it.each<[host: string, key: RegExp]>([
      ['hv-3', /^acl egress/],
      ['hv-3', /^route/],
      ['hv-3', /^binding acme\/web-1/],
      ['hv-3', /^host hv-1/],
      ['hv-1', /^acl ingress/],
      ['hv-1', /^route/],
      ['hv-1', /^binding acme\/web-1/],
      ['hv-1', /^binding globex\/app-1/],
      ['hv-1', /^host hv-3/],
    ])('delivers nothing where %s lacks %s', async (name, lost) => {
      const overlay = town();
      const place = hostsOfTown.find(({ host }) => host === name) ?? hostsOfTown[0];
      const objects = await objectsFor('open', place.shard);
      const rest = objects.filter((object) => !lost.test(spelt(object)));
      expect(rest.length).toBeLessThan(objects.length);
      const host = new Host(overlay, place);
      await host.takes({ plan: (plan += 1), objects: rest });
      const receiver = await receiverOf(overlay, 'globex/app-1', granted);
      await host.takes({ plan: (plan += 1), objects });
      expect([receiver, await receiverOf(overlay, 'globex/app-1', granted)]).toEqual([
        undefined,
        'acme/web-1',
      ]);
    });
  });

  describe('asked about a packet', () => {
    it('changes nothing at any host', async () => {
      const overlay = open();
      await driveTown(overlay, everywhere('open'), 3);
      await ask(overlay, 'globex/app-1', granted);
      for (const { shard, host } of hostsOfTown)
        await new Host(overlay, { shard, host }).holds({ plan: 3, objects: await objectsFor('open', shard) });
    });

    it('answers from what hosts hold now', async () => {
      const overlay = open();
      await driveTown(overlay, everywhere('closed'), 1);
      expect(await receiverOf(overlay, 'globex/app-1', granted)).toBeUndefined();
      await driveTown(overlay, everywhere('open'), 2);
      expect(await receiverOf(overlay, 'globex/app-1', granted)).toBe('acme/web-1');
      await driveTown(overlay, everywhere('closed'), 3);
      expect(await receiverOf(overlay, 'globex/app-1', granted)).toBeUndefined();
    });

    it.each<[which: string, states: Record<string, TownState>]>([
      ['receiver', { 'hv-1': 'closed', 'hv-2': 'closed', 'hv-3': 'open', 'hv-4': 'open' }],
      ['sender', { 'hv-1': 'open', 'hv-2': 'open', 'hv-3': 'closed', 'hv-4': 'closed' }],
    ])('lets nothing pass that the host of the %s does not let pass', async (_which, states) => {
      const overlay = open();
      await driveTown(overlay, states);
      expect(await receiverOf(overlay, 'globex/app-1', granted)).toBeUndefined();
    });

    it('delivers nothing to a host that holds nothing, or holds an empty set', async () => {
      const overlay = open();
      await driveTown(overlay, { 'hv-3': 'open' });
      expect(await receiverOf(overlay, 'globex/app-1', granted)).toBeUndefined();
      await new Host(overlay).takes({ plan: 1, objects: [] });
      expect(await receiverOf(overlay, 'globex/app-1', granted)).toBeUndefined();
    });
  });

  describe('asked about a packet while a tenant is in quarantine', () => {
    /** The acl that a drop is laid at, with acme in quarantine as far as these hosts know. */
    async function dropped(knowing: readonly string[], from: string, sent: Packet): Promise<string> {
      const overlay = open();
      const states = Object.fromEntries(knowing.map((host) => [host, 'cut' as const]));
      await driveTown(overlay, { ...everywhere('open'), ...states });
      expect(await receiverOf(overlay, from, sent)).toBeUndefined();
      return (await ask(overlay, from, sent)).rule;
    }

    /** The ids of the acls that cut acme off, as hosts of either shard hold them. */
    async function quarantineAcls(): Promise<string[]> {
      const objects = [...(await objectsFor('cut')), ...(await objectsFor('cut', 'shard-2'))];
      const acls = objects.filter((object) => object.kind === 'acl');
      return [...new Set(acls.filter(({ tier }) => tier === 'quarantine').map(({ id }) => id))];
    }

    it.each<[knowing: string[]]>([[['hv-1', 'hv-3']], [['hv-1']], [['hv-3']]])(
      'drops what is granted where %j know of it, and names the quarantine',
      async (knowing) => {
        const rule = await dropped(knowing, 'globex/app-1', granted);
        expect((await quarantineAcls()).filter((id) => rule.includes(id))).toHaveLength(1);
      },
    );

    it('drops what goes to an external', async () => {
      const rule = await dropped(['hv-1'], 'acme/web-1', packet('10.1.0.1', '8.8.8.8'));
      expect((await quarantineAcls()).filter((id) => rule.includes(id))).toHaveLength(1);
    });

    it('lets traffic inside the tenant go on', async () => {
      const overlay = open();
      await driveTown(overlay, everywhere('cut'));
      expect(await receiverOf(overlay, 'acme/web-1', packet('10.1.0.1', '10.1.1.1'))).toBe('acme/db-1');
    });
  });

  describe('asked about a packet while a segment or an external is in quarantine', () => {
    const inside = packet('10.1.0.1', '10.1.1.1');
    const back = packet('10.1.1.1', '10.1.0.1');
    const out = packet('10.1.0.1', '8.8.8.8');

    describe.each<[state: TownState, asked: [from: string, sent: Packet, to: string | undefined][]]>([
      [
        'open',
        [
          ['acme/web-1', inside, 'acme/db-1'],
          ['acme/web-1', out, 'internet'],
        ],
      ],
      [
        'segment cut',
        [
          ['acme/web-1', inside, undefined],
          ['acme/db-1', back, undefined],
          ['acme/web-1', out, undefined],
          ['globex/app-1', granted, undefined],
        ],
      ],
      [
        'external cut',
        [
          ['acme/web-1', inside, 'acme/db-1'],
          ['globex/app-1', granted, 'acme/web-1'],
          ['acme/web-1', out, undefined],
        ],
      ],
    ])('with the town %s', (state, asked) => {
      const town = standingTown(open, state);

      it.each(asked)('from %s, cuts that off and nothing else: %j', async (from, sent, to) => {
        expect(await receiverOf(town(), from, sent)).toBe(to);
      });
    });

    it.each(['hv-1', 'hv-2'])('drops it where only %s knows of it, within one tenant', async (knowing) => {
      const overlay = open();
      await driveTown(overlay, { ...everywhere('open'), [knowing]: 'segment cut' });
      expect(await receiverOf(overlay, 'acme/web-1', inside)).toBeUndefined();
    });
  });

  describe('asked about a packet that it cannot tell of', () => {
    it('says so where no host holds the port', async () => {
      const overlay = open();
      await expect(ask(overlay, 'globex/app-1', granted)).rejects.toThrow(OverlayUnavailable);
      await driveTown(overlay, everywhere('open'));
      await expect(ask(overlay, 'globex/app-2', granted)).rejects.toThrow(OverlayUnavailable);
      await expect(ask(overlay, 'partner', granted)).rejects.toThrow(OverlayUnavailable);
    });

    it('says so where the host of the sender holds an empty set', async () => {
      const overlay = open();
      await driveTown(overlay, everywhere('open'));
      for (const host of ['hv-3', 'hv-4'])
        await new Host(overlay, { shard: 'shard-2', host }).takes({ plan: 2, objects: [] });
      await expect(ask(overlay, 'globex/app-1', granted)).rejects.toThrow(OverlayUnavailable);
    });

    it('says so where a host is damaged or cannot be reached, until it is as it was', async () => {
      const overlay = open();
      await driveTown(overlay, everywhere('open'));
      const host = new Host(overlay);
      const comeBack = overlay.cutOff(host.at);
      await expect(ask(overlay, 'globex/app-1', granted)).rejects.toThrow(OverlayUnavailable);
      comeBack();
      overlay.spoil(host.at);
      await expect(ask(overlay, 'globex/app-1', granted)).rejects.toThrow(OverlayUnavailable);
      await host.takes({ plan: 1, objects: await objectsFor('open') });
      expect(await receiverOf(overlay, 'globex/app-1', granted)).toBe('acme/web-1');
    });

    it('names each of several hosts that keep it from answering, and gives the gravest category', async () => {
      const overlay = open();
      const [hv1, hv2, hv3] = [
        { shard: 'shard-1', host: 'hv-1' },
        { shard: 'shard-1', host: 'hv-2' },
        { shard: 'shard-2', host: 'hv-3' },
      ];
      await driveTown(overlay, { 'hv-2': 'open', 'hv-3': 'open', 'hv-4': 'open' });
      const stranger = new Host(overlay, { ledger: 'ledger-2', ...hv1 });
      overlay.spoil(hv3);
      const comeBack = overlay.cutOff(hv2);
      const bothAway = await refusal(overlay);
      expect([bothAway.category, namedIn(bothAway)]).toEqual(['unreachable', ['hv-2', 'hv-3']]);
      await stranger.takes({ plan: 1, objects: [] });
      const allThree = await refusal(overlay);
      expect([allThree.category, namedIn(allThree)]).toEqual(['integrity', ['hv-1', 'hv-2', 'hv-3']]);
      comeBack();
      const two = await refusal(overlay);
      expect([two.category, namedIn(two)]).toEqual(['integrity', ['hv-1', 'hv-3']]);
    });

    it("says whose it is where a host holds another ledger's objects", async () => {
      const overlay = open();
      await driveTown(overlay, { 'hv-3': 'open' });
      const stranger = overlay.probe({ ledger: 'ledger-2' });
      await expect(stranger.probe('globex/app-1', granted)).rejects.toThrow(ForeignState);
    });
  });
}

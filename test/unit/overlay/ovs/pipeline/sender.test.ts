import { describe, expect, it } from 'vitest';
import { keyOf, objectsByKey, type OverlayObject } from '../../../../../events/overlay-objects.ts';
import { objectsAfter, type Delta } from '../../../../../src/overlay/delta.ts';
import { flowChange } from '../../../../../src/overlay/ovs/pipeline/change.ts';
import { flowsOf } from '../../../../../src/overlay/ovs/pipeline/compile.ts';
import { differenceOf, flowId, type Flow } from '../../../../../src/overlay/ovs/pipeline/flow.ts';
import { SetModel } from '../../../../../src/overlay/ovs/pipeline/model.ts';
import { tunnelPorts, virtualMac } from '../../../../../src/overlay/ovs/pipeline/tables.ts';
import { sendThrough, tablesOf } from '../../../../oracle/flow-tables.ts';
import { wiringFor } from '../../../../support/switch-wiring.ts';

const [web, database, elsewhere, internet, partner] = [100, 101, 200, 300, 301];
const binding = { kind: 'binding', interface: 'tap', mac: '02:00:00:00:01:01' } as const;
const grant = { kind: 'acl', protocol: 'any', action: 'allow', tier: 'grant' } as const;

const ways = (from: number, to: number): OverlayObject[] => [
  { kind: 'route', from, to },
  { kind: 'route', from: to, to: from },
];

/** Both sides of a grant from an external to a segment. */
const letsIn = (from: string, to: string, id: string): OverlayObject[] => [
  { ...grant, id: `${id}0`.repeat(12), side: 'egress', from, to },
  { ...grant, id: `${id}1`.repeat(12), side: 'ingress', from, to },
];

const gateway: OverlayObject = {
  ...binding,
  endpoint: 'internet',
  vni: internet,
  host: 'h1',
  ips: ['0.0.0.0/0', '::/0'],
  except: ['198.51.100.0/24', '2001:db8::/32'],
};

const hosts: OverlayObject[] = [
  { kind: 'host', host: 'h1', tunnelIp: '172.31.0.1', tunnel: 'vxlan' },
  { kind: 'host', host: 'h2', tunnelIp: '172.31.0.2', tunnel: 'vxlan' },
];

/** A segment that hears two externals and finds another segment; and one that it does not find. */
function estate(webHost: 'h1' | 'h2'): OverlayObject[] {
  return [
    ...hosts,
    { kind: 'network', vni: web, segment: 't/web' },
    { kind: 'network', vni: database, segment: 't/db' },
    { kind: 'network', vni: elsewhere, segment: 'u/app' },
    { kind: 'network', vni: internet, segment: 'internet' },
    { kind: 'network', vni: partner, segment: 'partner' },
    { ...binding, endpoint: 't/web', vni: web, host: webHost, ips: ['10.0.0.1', 'fd00::1'] },
    { ...binding, endpoint: 't/db', vni: database, host: 'h2', ips: ['10.0.0.2', 'fd00::2'] },
    { ...binding, endpoint: 'u/app', vni: elsewhere, host: 'h2', ips: ['10.0.0.3'] },
    gateway,
    {
      ...{ ...binding, endpoint: 'partner', vni: partner, host: 'h1' },
      ips: ['198.51.100.0/24', '2001:db8::/32'],
    },
    ...ways(internet, web),
    ...ways(partner, web),
    ...ways(database, web),
    ...letsIn('internet', 't/web', 'a'),
    ...letsIn('partner', 't/web', 'b'),
  ];
}

/** What an external sends, and who hears it. */
interface Sent {
  readonly from: string;
  readonly src: string;
  /** What the receiver's host holds, if that is something else. */
  readonly heardBy?: readonly OverlayObject[];
}

/** Whether a packet of an external arrives at the segment, on one host or over a tunnel. */
function arrives(objects: readonly OverlayObject[], { from, src, heardBy = objects }: Sent): boolean {
  const wiring = wiringFor(estate('h1'));
  const portOf = (endpoint: string): number => wiring.portOf(endpoint)?.ofport ?? 0;
  const dst = src.includes(':') ? 'fd00::1' : '10.0.0.1';
  const packet = { ethSrc: binding.mac, ethDst: virtualMac, src, dst, protocol: 6, dstPort: 443 };
  const sent = sendThrough(tablesOf(flowsOf(SetModel.of(objects), { host: 'h1', wiring }).values()), {
    ...packet,
    inPort: portOf(from),
  });
  const [out] = sent;
  if (out?.port !== tunnelPorts.vxlan) return out?.port === portOf('t/web');
  const got = sendThrough(tablesOf(flowsOf(SetModel.of(heardBy), { host: 'h2', wiring }).values()), {
    ...packet,
    inPort: out.port,
    tunnel: { id: out.tunnel.id, src: '172.31.0.1' },
  });
  return got[0]?.port === portOf('t/web');
}

describe.each(['h1', 'h2'] as const)(
  'what an external sends to a receiver on %s from its gateway on h1',
  (webHost) => {
    const objects = estate(webHost);

    it.each([
      ['internet', '8.8.8.8', true],
      ['internet', '2a00::1', true],
      ['partner', '198.51.100.7', true],
      ['partner', '2001:db8::7', true],
      // Of an endpoint that the receiver does not find, nobody there takes it for that.
      ['internet', '10.0.0.3', true],
      // The receiver's own address, and that of an endpoint that it finds.
      ['internet', '10.0.0.1', false],
      ['internet', 'fd00::1', false],
      ['internet', '10.0.0.2', false],
      ['internet', 'fd00::2', false],
      // Of another external.
      ['internet', '198.51.100.7', false],
      ['internet', '2001:db8::7', false],
      ['partner', '8.8.8.8', false],
    ])('from %s with %s arrives: %s', (from, src, expected) => {
      expect(arrives(objects, { from, src })).toBe(expected);
    });

    it('does not arrive where no way leads back', () => {
      const oneWay = objects.filter(
        (object) => !(object.kind === 'route' && object.from === web && object.to === internet),
      );
      expect(arrives(oneWay, { from: 'internet', src: '8.8.8.8' })).toBe(false);
    });
  },
);

it('is judged by what the host of the receiver holds, since that of the gateway knows nothing of the rest of whom it finds', () => {
  const objects = estate('h2');
  const without = (endpoint: string): OverlayObject[] =>
    objects.filter((object) => !(object.kind === 'binding' && object.endpoint === endpoint));
  const spoof = { from: 'internet', src: '10.0.0.2' };
  expect(arrives(without('t/db'), { ...spoof, heardBy: objects })).toBe(false);
  expect(arrives(objects, { ...spoof, heardBy: without('t/db') })).toBe(true);
});

describe('a change of who may send from where', () => {
  /** Segments of tenants that one service finds, which hears an external; and a second external that it may hear. */
  function estateOf(endpoints: number): OverlayObject[] {
    return [
      ...estate('h2'),
      ...Array.from({ length: endpoints }, (_, index): OverlayObject[] => [
        {
          ...{ ...binding, endpoint: `v/e${String(index)}`, vni: 1000 + index, host: 'h2' },
          ips: [`10.7.0.${String(index + 1)}`],
        },
        ...ways(1000 + index, web),
      ]).flat(),
    ];
  }

  function costOf(
    change: Delta,
    objects: readonly OverlayObject[],
    host = 'h2',
  ): { units: number; flows: number } {
    const wiring = wiringFor(objects);
    const at = { host, before: wiring, after: wiring };
    const before = flowsOf(SetModel.of(objects), { host, wiring });
    const { units, add, remove } = flowChange(SetModel.of(objects), change, at);
    const after = objectsAfter(objectsByKey(objects), change).values();
    const anew = differenceOf(before, flowsOf(SetModel.of(after), { host, wiring }));
    expect([spelt(add), spelt(remove)]).toEqual([spelt(anew.add), spelt(anew.remove)]);
    return { units, flows: add.length + remove.length };
  }

  const spelt = (flows: readonly Flow[]): string[] =>
    flows.map((flow) => `${flowId(flow)} ${flow.actions}`).sort();

  const removed = (...keys: string[]): Delta => ({ put: [], removed: keys });

  it.each<[string, Delta]>([
    ['CIDRs of an external', { put: [{ ...gateway, ips: ['0.0.0.0/0'] }], removed: [] }],
    ['one external of two', removed('binding/partner')],
    ['the way to one external of two', removed(`route/${String(web)}/${String(partner)}`)],
  ])('costs nothing for each endpoint that the receiver finds: %s', (_, change) => {
    const [few, many] = [costOf(change, estateOf(10)), costOf(change, estateOf(200))];
    expect(many).toEqual(few);
    expect(few.flows).toBeGreaterThan(0);
  });

  it.each<[string, Delta]>([
    ['all externals', removed('binding/partner', 'binding/internet')],
    [
      'the ways to all externals',
      removed(`route/${String(web)}/${String(partner)}`, `route/${String(web)}/${String(internet)}`),
    ],
  ])(
    'concerns each endpoint that the receiver finds, where it has no external to hear any more: %s',
    (_, change) => {
      const [few, many] = [costOf(change, estateOf(10)), costOf(change, estateOf(200))];
      expect(many.flows - few.flows).toBe(190);
      const isGone = (object: OverlayObject): boolean => change.removed.includes(keyOf(object));
      const back = estateOf(10).filter((object) => isGone(object));
      const rest = estateOf(10).filter((object) => !isGone(object));
      expect(costOf({ put: back, removed: [] }, rest)).toEqual(few);
    },
  );

  it('concerns none of them at a host where the receiver has no port', () => {
    const change = removed('binding/partner', 'binding/internet');
    const [few, many] = [costOf(change, estateOf(10), 'h1'), costOf(change, estateOf(200), 'h1')];
    expect(many).toEqual(few);
  });
});

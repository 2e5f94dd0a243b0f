import { describe, expect, it } from 'vitest';
import { NoSuchPort, OverlayUnavailable } from '../../../../../src/overlay/faults.ts';
import { cutNote, grantNote } from '../../../../../src/overlay/ovs/pipeline/notes.ts';
import { follow, type TracedBridge } from '../../../../../src/overlay/ovs/tracing/walk.ts';
import type { Packet, ProbeResult } from '../../../../../src/overlay/port.ts';

const own = '0x150e000000000001';

/** A flow as a tracer tells it. `match` undefined: no flow of the table takes the packet. */
interface Met {
  readonly table: number;
  readonly match?: string;
  readonly cookie?: string;
  readonly lines?: readonly string[];
}

function traceOf(...met: readonly Met[]): string {
  const flows = met.flatMap(({ table, match, cookie = `, cookie ${own}`, lines = [] }) => [
    match === undefined
      ? `${String(table).padStart(2)}. No match.`
      : `${String(table).padStart(2)}. ${match === '' ? '' : `${match}, `}priority 100${cookie}`,
    ...lines.map((line) => `    ${line}`),
  ]);
  return `Flow: tcp\n\nbridge("iso-1")\n---------------\n${flows.join('\n')}\n\nFinal flow: tcp\nMegaflow: tcp\nDatapath actions: drop\n`;
}

const packet: Packet = { src: '10.0.0.1', dst: '10.0.0.2', protocol: 'tcp', srcPort: 40_000, dstPort: 443 };
const [web, others] = ['a'.repeat(24), 'b'.repeat(24)];
const rules: Met = {
  table: 11,
  match: 'reg9=0x2',
  lines: [
    grantNote([
      { id: others, protocol: 'udp' },
      { id: others, protocol: 'tcp', ports: [[80, 442]] },
      {
        id: web,
        protocol: 'tcp',
        ports: [
          [1, 1],
          [443, 443],
        ],
      },
    ]),
    'goto_table:12',
  ],
};
const classified: Met = { table: 0, match: 'in_port=16', lines: ['set_field:0x64->reg0', 'goto_table:2'] };
const out = (line: string): Met => ({ table: 15, match: 'reg6=0x11', lines: [line] });
const tunnelled: Met[] = [
  classified,
  { table: 6, match: 'ip', lines: ['set_field:192.0.2.2->tun_dst', 'goto_table:7'] },
  { ...rules },
  {
    table: 15,
    match: 'reg6=0',
    lines: [
      'move:NXM_NX_REG0[]->NXM_NX_TUN_ID[0..31]',
      ' -> NXM_NX_TUN_ID[0..31] is now 0x64',
      'output:1',
      ' >> Not tunneling to our own address',
    ],
  },
];

interface Host {
  readonly answers: readonly string[];
  readonly asked: string[];
  readonly tunnels?: TracedBridge['tunnels'];
  readonly ports?: Readonly<Record<string, number>>;
}

function bridge(host: string, { answers, asked, tunnels = new Map(), ports = {} }: Host): TracedBridge {
  return {
    host,
    bridge: 'iso-1',
    tunnels,
    portsOf: (endpoint) => Object.entries(ports).flatMap(([name, port]) => (name === endpoint ? [port] : [])),
    endpointOf: (ofport) => Object.entries(ports).find(([, port]) => port === ofport)?.[0],
    macOf: (ofport) => Promise.resolve(ofport === 99 ? undefined : '02:00:00:00:00:10'),
    isOwn: (cookie) => cookie === own,
    trace: (flow) => {
      asked.push(flow);
      return Promise.resolve(answers.at(0) ?? '');
    },
  };
}

/** What becomes of a packet of acme/a on hv-1, by the answers of its host and of hv-2. */
async function probe(
  sending: string,
  receiving = '',
  more: { packet?: Packet; tunnels?: TracedBridge['tunnels']; elsewhere?: string } = {},
): Promise<{ result: ProbeResult; asked: string[] }> {
  const asked: string[] = [];
  const bridges = [
    bridge('hv-1', {
      asked,
      answers: [sending],
      tunnels: more.tunnels ?? new Map([['vxlan', '192.0.2.1']]),
      ports: { 'acme/a': 16, 'acme/b': 17, 'acme/gone': 99 },
    }),
    bridge('hv-2', {
      asked,
      answers: [receiving],
      tunnels: new Map([
        ['vxlan', '192.0.2.2'],
        ['geneve', '192.0.2.2'],
      ]),
      ports: { 'globex/c': 18 },
    }),
  ];
  const elsewhere = (): string | undefined => more.elsewhere;
  const result = await follow({ bridges, elsewhere }, 'acme/a', more.packet ?? packet);
  return { result, asked };
}

describe('a packet that is followed', () => {
  it('is delivered on its host, by the acl of the last rules that covers it', async () => {
    const { result, asked } = await probe(traceOf(classified, rules, out('output:17')));
    expect(result).toEqual({ delivered: true, to: 'acme/b', rule: web });
    expect(asked).toEqual([
      'in_port=16,dl_src=02:00:00:00:00:10,dl_dst=02:00:00:00:00:01,tcp,tcp_src=40000,tcp_dst=443,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64',
    ]);
  });

  it('is delivered within its network without an acl', async () => {
    const { result } = await probe(traceOf(classified, out('output:17')));
    expect(result).toEqual({ delivered: true, to: 'acme/b', rule: 'same network' });
  });

  it.each([
    { ...rules, lines: [grantNote([{ id: others, protocol: 'udp' }])] },
    { ...rules, lines: [] },
  ])('is delivered where flows let it pass that name no acl for it, and that is said', async (met) => {
    const { result } = await probe(traceOf(classified, met, out('output:17')));
    const rule = 'flows of host hv-1 let it pass, and no acl that they name allows it';
    expect(result).toEqual({ delivered: true, to: 'acme/b', rule });
  });

  it('is delivered as the reply of an association that is there, by the acl that covers who was called', async () => {
    const sctp = { ...packet, protocol: 'sctp', srcPort: 3868, dstPort: 2905 };
    const grants = {
      table: 11,
      match: 'reg9=0x1',
      lines: [grantNote([{ id: web, protocol: 'sctp', ports: [[3868, 3868]] }])],
    };
    const reply = { table: 18, match: 'sctp,reg3=0x1,reg11=0x10000/0x10000' };
    const { result } = await probe(traceOf(classified, reply, grants, out('output:17')), '', {
      packet: sctp,
    });
    expect(result).toEqual({ delivered: true, to: 'acme/b', rule: web });
    const opening = { table: 18, match: 'sctp,reg3=0x1' };
    const judgedAnew = traceOf(classified, reply, opening, grants, out('output:17'));
    const anew = await probe(judgedAnew, '', { packet: sctp });
    expect(anew.result.rule).toBe('flows of host hv-1 let it pass, and no acl that they name allows it');
  });

  it('is dropped where it would go out of the port that it came in by', async () => {
    const { result } = await probe(traceOf(classified, rules, out('output:16')), '');
    expect(result).toEqual({
      ...{ delivered: false, to: null },
      rule: "10.0.0.2 is acme/a's own, and host hv-1 sends nothing back to where it came from",
    });
  });

  it('goes on at the host where its tunnel ends, as what comes by that tunnel', async () => {
    const { result, asked } = await probe(traceOf(...tunnelled), traceOf(rules, out('output:18')));
    expect(result).toEqual({ delivered: true, to: 'globex/c', rule: web });
    expect(asked[1]).toMatch(/^in_port=1,tun_src=192.0.2.1,tun_dst=192.0.2.2,tun_id=0x64,dl_src=/);
  });

  it('is not taken for dropped by the bridge of the underlay', async () => {
    const native = traceOf(...tunnelled).replace(
      '\n\nFinal flow',
      '\n     -> output to native tunnel\n\nbridge("br-under")\n------------------\n 0. priority 0\n    NORMAL\n\nFinal flow',
    );
    const { result } = await probe(native, traceOf(rules, out('output:18')));
    expect(result.to).toBe('globex/c');
  });

  it.each<[expected: string, ...met: Met[]]>([
    ['host hv-1 takes nothing from that port', { table: 0 }],
    ['port security of acme/a: 10.0.0.1 is not its own', classified, { table: 2 }],
    ["10.0.0.2 is nobody's, seen from acme/a", classified, { table: 6, match: 'reg0=0x64', lines: ['drop'] }],
    ['10.0.0.2 is not on host hv-1', classified, { table: 7, match: 'reg2=0', lines: ['drop'] }],
    ['10.0.0.2 is not on host hv-1', classified, { table: 15 }],
    [
      `quarantine acl ${others} on host hv-1`,
      classified,
      { table: 8, match: 'reg0=0x64', lines: [cutNote([{ id: web }, { id: others, wholly: true }])] },
    ],
    [
      `quarantine acl ${web} on host hv-1`,
      classified,
      { table: 7, match: 'reg0=0x64', lines: [cutNote([{ id: web }, { id: others }])] },
    ],
    [
      "10.0.0.1 is not acme/a's, seen from its receiver on host hv-1",
      classified,
      { table: 21, match: 'ip,reg1=0x65,nw_src=10.0.0.1', lines: ['resubmit(,16)'] },
      { table: 16, match: 'reg0=0x64,reg1=0x65', lines: ['drop'] },
    ],
    ['host hv-1 takes it for no packet of a connection', classified, { table: 10 }],
    ...(['egress', 'ingress'] as const).map((side, index): [string, ...Met[]] => [
      `no ${side} acl on host hv-1 allows it`,
      { table: 10, match: 'tcp', lines: ['set_field:0x9->reg9', `set_field:0x${String(index + 1)}->reg9`] },
      { table: 16, match: 'reg0=0x64', lines: ['drop'] },
    ]),
  ])('is dropped: %s', async (expected, ...met) => {
    const { result } = await probe(traceOf(...met));
    expect(result).toEqual({ delivered: false, to: null, rule: expected });
  });

  it.each<[expected: string, ...met: Met[]]>([
    ['host hv-2 accepts no such packet from host hv-1', { table: 1 }],
    ['10.0.0.2 is not on host hv-2', { table: 6 }],
    [
      "10.0.0.1 is not acme/a's, seen from its receiver on host hv-2",
      { table: 21, match: '', lines: ['resubmit(,16)'] },
      { table: 16 },
    ],
  ])('is dropped where its tunnel ends: %s', async (expected, ...met) => {
    const { result } = await probe(traceOf(...tunnelled), traceOf(...met));
    expect(result).toEqual({ delivered: false, to: null, rule: expected });
  });

  it('is dropped where nobody takes its tunnel, and says who is there instead', async () => {
    const away = tunnelled.map((met) => ({
      ...met,
      lines: (met.lines ?? []).map((line) => line.replace('192.0.2.2', '192.0.2.9')),
    }));
    const { result } = await probe(traceOf(...away));
    expect(result.rule).toBe('no host of the overlay takes tunnels of vxlan at 192.0.2.9');
    const known = await probe(traceOf(...away), '', { elsewhere: 'host hv-9 is another kind' });
    expect(known.result).toEqual({ delivered: false, to: null, rule: 'host hv-9 is another kind' });
  });

  it('is dropped where its host has no port for the tunnel', async () => {
    const { result } = await probe(traceOf(...tunnelled), '', { tunnels: new Map() });
    expect(result.rule).toBe('host hv-1 has no port for tunnels of vxlan');
  });

  it('is not asked of a switch where it has no address of its family', async () => {
    for (const [sent, rule] of [
      [{ ...packet, src: 'acme' }, 'port security of acme/a: acme is not its own'],
      [{ ...packet, dst: 'acme' }, "acme is nobody's, seen from acme/a"],
      [{ ...packet, dst: 'fd00::1' }, "fd00::1 is nobody's, seen from acme/a"],
    ] as const)
      expect(await probe('', '', { packet: sent })).toEqual({
        result: { delivered: false, to: null, rule },
        asked: [],
      });
  });

  it.each<[protocol: string, src: string, dst: string, fields: string]>([
    ['udp', 'fd00::1', 'fd00::2', 'udp6,udp_src=1,udp_dst=2,ipv6_src=fd00::1,ipv6_dst=fd00::2'],
    ['sctp', '10.0.0.1', '10.0.0.2', 'sctp,sctp_src=1,sctp_dst=2,nw_src=10.0.0.1,nw_dst=10.0.0.2'],
    ['icmp', '10.0.0.1', '10.0.0.2', 'icmp,icmp_type=8,icmp_code=0,nw_src=10.0.0.1,nw_dst=10.0.0.2'],
    ['icmp', 'fd00::1', 'fd00::2', 'icmp6,icmpv6_type=128,icmpv6_code=0,ipv6_src=fd00::1,ipv6_dst=fd00::2'],
    ['47', '10.0.0.1', '10.0.0.2', 'ip,nw_proto=47,nw_src=10.0.0.1,nw_dst=10.0.0.2'],
    ['47', 'fd00::1', 'fd00::2', 'ipv6,nw_proto=47,ipv6_src=fd00::1,ipv6_dst=fd00::2'],
  ])('is asked about as %s from %s', async (protocol, src, dst, fields) => {
    const sent = { protocol, src, dst, srcPort: 1, dstPort: 2 };
    const { asked } = await probe(traceOf({ table: 0 }), '', { packet: sent });
    expect(asked[0]).toContain(`,${fields},nw_ttl=64`);
  });

  it.each<[why: string, answer: string]>([
    [
      'the switch gave up',
      `Translation failed (Recursion too deep), packet is dropped.\n${traceOf(classified)}`,
    ],
    ['the trace is cut off', traceOf(classified).replace(/Datapath[^]*/, '')],
    ['it is no trace', 'hello'],
    ['no flow was met', traceOf()],
    [
      'a flow of others takes it',
      traceOf(classified, { table: 6, match: 'ip', cookie: '', lines: ['drop'] }),
    ],
    ['it ends where no plan ends', traceOf(classified, { table: 13, match: 'ip' })],
    ['a cut says not which', traceOf({ table: 7, match: 'ip', lines: ['note:00.00.00.00.00.00'] })],
    ['no side judged it', traceOf({ table: 16, match: 'ip', lines: ['drop'] })],
    ['it goes to two', traceOf({ table: 15, match: 'ip', lines: ['output:17', 'output:18'] })],
    ['it goes to nobody', traceOf(out('output:21'))],
    ['a tunnel has no id', traceOf(classified, out('output:1'))],
  ])('cannot be told of where %s', async (_why, answer) => {
    await expect(probe(answer)).rejects.toThrow(OverlayUnavailable);
  });

  it('cannot be told of where it would leave by a second tunnel', async () => {
    await expect(probe(traceOf(...tunnelled), traceOf(...tunnelled))).rejects.toThrow('sends on what came');
  });

  it('cannot be told of where nobody has the port, or no flow sends there', async () => {
    const bridges = [bridge('hv-1', { asked: [], answers: [], ports: { 'acme/gone': 99 } })];
    const overlay = { bridges, elsewhere: () => undefined };
    for (const from of ['acme/gone', 'acme/none'])
      await expect(follow(overlay, from, packet)).rejects.toThrow(NoSuchPort);
  });
});

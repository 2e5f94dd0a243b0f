import { associationFlows } from './association-flows.ts';
import { errorFlows } from './error-flows.ts';
import type { Flow } from './flow.ts';
import { fragmentFlows } from './fragment-flows.ts';
import { hex } from './spelling.ts';
import {
  asItself,
  bothStages,
  byMark,
  committing,
  families,
  flowOfConnection,
  zoneRegisters,
  type Stage,
} from './stage.ts';
import {
  backTo,
  fromHere,
  goTo,
  isLetIn,
  isTracked,
  stages,
  tables,
  toHere,
  tunnelPorts,
  untracked,
  virtualMac,
} from './tables.ts';

/** The flows that every bridge has, whatever its shard holds. */
export function staticFlows(): Flow[] {
  return [
    ...classifying(),
    ...answering(),
    ...refusing(),
    ...tracking(),
    ...directing(),
    ...errorFlows(),
    ...associationFlows(),
    ...fragmentFlows(),
    ...[tables.rules, tables.ports].map((table) => miss(table, goTo(tables.dropped))),
    ...letIn(),
  ];
}

function flow(table: number, priority: number, match: string, actions: string): Flow {
  return { table, priority, match, actions };
}

/** What happens to packets that no other flow of a table takes. */
function miss(table: number, actions: string): Flow {
  return flow(table, 0, '', actions);
}

function classifying(): Flow[] {
  const fromTunnel = `set_field:${stages.receiving}->reg3,${goTo(tables.accept)}`;
  return [
    flow(tables.classify, 300, 'vlan_tci=0x1000/0x1000', 'drop'),
    ...Object.values(tunnelPorts).map((port) =>
      flow(tables.classify, 200, `in_port=${String(port)}`, fromTunnel),
    ),
  ];
}

const swapEthernet = `move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],set_field:${virtualMac}->eth_src`;

/** The flags of a neighbour advertisement: solicited, override. */
const advertised = 0x6000_0000;

function answering(): Flow[] {
  const arpReply = [
    swapEthernet,
    'set_field:2->arp_op',
    'move:NXM_NX_ARP_SHA[]->NXM_NX_ARP_THA[]',
    'move:NXM_OF_ARP_TPA[]->NXM_NX_REG15[]',
    'move:NXM_OF_ARP_SPA[]->NXM_OF_ARP_TPA[]',
    'move:NXM_NX_REG15[]->NXM_OF_ARP_SPA[]',
    `set_field:${virtualMac}->arp_sha`,
    'IN_PORT',
  ];
  const advertisement = [
    swapEthernet,
    'move:NXM_NX_IPV6_SRC[]->NXM_NX_IPV6_DST[]',
    'move:NXM_NX_ND_TARGET[]->NXM_NX_IPV6_SRC[]',
    `set_field:${String(advertised)}->nd_reserved`,
    'set_field:136->icmpv6_type',
    goTo(tables.advertise),
  ];
  const linkLayer = ['set_field:2->nd_options_type', `set_field:${virtualMac}->nd_tll`, 'IN_PORT'];
  return [
    flow(tables.answer, 100, 'arp', arpReply.join(',')),
    flow(tables.answer, 100, 'icmp6,icmp_type=135,icmp_code=0', advertisement.join(',')),
    flow(tables.advertise, 100, 'icmp6,icmp_type=136,icmp_code=0', linkLayer.join(',')),
  ];
}

/** What no grant lets pass from one port to another: words of routers and neighbours; and what is nobody's here. */
function refusing(): Flow[] {
  return [
    ...[133, 134, 135, 136, 137].map((type) =>
      flow(tables.destination, 2000, `icmp6,icmp_type=${String(type)}`, 'drop'),
    ),
    flow(tables.destination, 2000, 'icmp,icmp_type=5', 'drop'),
    flow(tables.cutEgress, 2000, `reg2=0/${hex(Number(fromHere) + Number(toHere))}`, 'drop'),
    miss(tables.cutEgress, goTo(tables.cutIngress)),
    miss(tables.cutIngress, goTo(tables.external)),
    miss(tables.external, backTo(tables.track)),
    miss(tables.sender, backTo(tables.dropped)),
  ];
}

const trackedProtocols = ['tcp', 'udp', 'icmp'] as const;
type Tracked = (typeof trackedProtocols)[number];
/** ICMP has one number for both families here. */
const protocolNumbers = { icmp: 1, tcp: 6, udp: 17 } as const;
/** As they stand in headers of IPv6. */
const numbersInV6 = { ...protocolNumbers, icmp: 58 } as const;

/** A later fragment of IPv6 has the number of the fragment header in place of its protocol's. */
const fragmentNumber = 44;

function tracking(): Flow[] {
  return bothStages.flatMap((stage) => {
    const at = `reg3=${stages[stage]}`;
    const track = `ct(table=${String(tables.direction)},zone=${zoneRegisters[stage]}[0..15])`;
    const forward = `${asItself},${flowOfConnection(stage, false)},set_field:${hex(untracked * 0x1_0000)}->reg10`;
    return [
      ...trackedProtocols
        .flatMap((protocol) => [protocol, `${protocol}6`])
        .map((packets) => flow(tables.track, 100, `${packets},${at}`, track)),
      flow(tables.track, 100, `ipv6,${at},nw_proto=${String(fragmentNumber)}`, track),
      flow(tables.track, 50, at, `${forward},${goTo(tables.rules)}`),
    ];
  });
}

const judgedByMark = `${byMark},${goTo(tables.rules)}`;

function directing(): Flow[] {
  return [
    flow(tables.direction, 200, 'ct_state=+inv+trk', 'drop'),
    ...bothStages.flatMap((stage) => [
      ...(['est', 'rel'] as const)
        // At the receiver there is more to ask of errors.
        .filter((state) => state === 'est' || stage === 'sending')
        .flatMap((state) =>
          [false, true].map((isReply) =>
            flow(
              tables.direction,
              150,
              `ct_state=+${state}${isReply ? '+' : '-'}rpl+trk,reg3=${stages[stage]}`,
              `${flowOfConnection(stage, isReply)},${judgedByMark}`,
            ),
          ),
        ),
      ...opening(stage),
    ]),
  ];
}

/**
 * New connections, by their headers. A later fragment has no ports of its own, and under IPv6 no protocol: it is known by the
 * mark, once the connection has one, and else as sent to port 0, which only grants of all ports cover.
 */
function opening(stage: Stage): Flow[] {
  const at = `reg3=${stages[stage]}`;
  const direction = flowOfConnection(stage, false);
  const opened = (protocol: Tracked, port: string): string =>
    `${direction},set_field:${numberOf(protocol)}->reg10${port},${goTo(tables.rules)}`;
  return trackedProtocols.flatMap((protocol) => {
    const port =
      protocol === 'icmp' ? '' : `,move:NXM_OF_${protocol.toUpperCase()}_DST[]->NXM_NX_REG10[0..15]`;
    const known = ['ip', 'ipv6'].map((family) =>
      flow(
        tables.direction,
        120,
        `ct_state=+new+trk,ct_mark=${numberOf(protocol)}/0xffff0000,${family},${at},nw_frag=later`,
        `${direction},${judgedByMark}`,
      ),
    );
    const later = `ct_state=+new+trk,ct_nw_proto=${String(numbersInV6[protocol])},ipv6,${at},nw_frag=later`;
    const whole = [protocol, `${protocol}6`].map((family) =>
      flow(tables.direction, 100, `ct_state=+new+trk,${family},${at}`, opened(protocol, port)),
    );
    return [...known, flow(tables.direction, 110, later, opened(protocol, '')), ...whole];
  });
}

/** A protocol as it stands in reg10 and in the mark of a connection, above the port. */
function numberOf(protocol: Tracked): string {
  return hex(protocolNumbers[protocol] * 0x1_0000);
}

function letIn(): Flow[] {
  return [
    ...bothStages.flatMap((stage) =>
      families.map((family) =>
        flow(
          tables.commit,
          100,
          `ct_state=+new+trk,${family.name},reg3=${stages[stage]}`,
          committing(stage, family, tables.next),
        ),
      ),
    ),
    miss(tables.commit, goTo(tables.next)),
    flow(
      tables.next,
      100,
      `reg2=${toHere}/${toHere},reg3=${stages.sending}`,
      `set_field:0/${hex(Number(isTracked) + Number(isLetIn))}->reg2,set_field:${stages.receiving}->reg3,${backTo(tables.track)}`,
    ),
    miss(tables.next, goTo(tables.output)),
  ];
}

/** The match of packets that came from a port of this host. */
export const isFromHere = `reg2=${fromHere}/${fromHere}`;

/** The match of packets that go to a port of this host. */
export const isToHere = `reg2=${toHere}/${toHere}`;

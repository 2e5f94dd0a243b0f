import { learningFlows } from './association-flows.ts';
import { isEndpoint, addressesOf } from './binding-index.ts';
import type { Flow } from './flow.ts';
import { ownedPrefixes } from './prefixes.ts';
import { field, hex, matchOf, type Prefix } from './spelling.ts';
import { fromHere, goTo, stages, tables, virtualMac } from './tables.ts';
import type { LocalPort, Vantage } from './vantage.ts';
import { egressMeter, ingressMeter } from './wiring.ts';

/** The flows of a local port: whose it is, as whom it may send and ask, what it is answered, and how it is sent to. */
export function portFlows(vantage: Vantage, endpoint: string): Flow[] {
  const object = vantage.model.get(`binding/${endpoint}`);
  const port = object?.kind === 'binding' ? vantage.portOf(object) : undefined;
  if (port === undefined) return [];
  return [
    classifyFlow(vantage, port),
    ...(isEndpoint(port.binding) ? endpointSource(port) : externalSource(port)),
    ...learningFlows(port.wiring.zone),
    outputFlow(vantage, port),
  ];
}

function classifyFlow(vantage: Vantage, { binding, wiring }: LocalPort): Flow {
  const { ofport, zone } = wiring;
  const limited = vantage.model.qos(binding.endpoint)?.egress !== undefined;
  // A meter comes first, or a switch refuses the flow.
  const actions = [
    ...(limited ? [`meter:${String(egressMeter(wiring))}`] : []),
    `set_field:${hex(binding.vni)}->reg0`,
    `set_field:${fromHere}->reg2`,
    `set_field:${stages.sending}->reg3`,
    `set_field:${hex(zone)}->reg4`,
    goTo(tables.source),
  ];
  return {
    table: tables.classify,
    priority: 100,
    match: `in_port=${String(ofport)}`,
    actions: actions.join(','),
  };
}

function outputFlow(vantage: Vantage, { binding, mac, wiring }: LocalPort): Flow {
  const limited = vantage.model.qos(binding.endpoint)?.ingress !== undefined;
  const actions = [
    ...(limited ? [`meter:${String(ingressMeter(wiring))}`] : []),
    `set_field:${virtualMac}->eth_src`,
    `set_field:${mac}->eth_dst`,
    `output:${String(wiring.ofport)}`,
  ];
  return {
    table: tables.output,
    priority: 100,
    match: `reg6=${hex(wiring.ofport)}`,
    actions: actions.join(','),
  };
}

/** An endpoint sends with its own addresses alone, and asks for any neighbour but itself. */
function endpointSource(port: LocalPort): Flow[] {
  const prefixes = addressesOf(port.binding).map(({ prefix }) => prefix);
  const asksByLinkLocal = prefixes.some(({ family }) => family === 6)
    ? [solicitation(port, { source: 'fe80::/10', table: tables.answer })]
    : [];
  return [...prefixes.flatMap((prefix) => endpointAddress(port, prefix)), ...asksByLinkLocal];
}

function endpointAddress(port: LocalPort, prefix: Prefix): Flow[] {
  const at = inPort(port);
  const sends = sourceFlow(port, {
    prefix,
    priority: 100 + prefix.length,
    actions: goTo(tables.destination),
  });
  if (prefix.family === 4)
    return [
      sends,
      request(port, { source: prefix.text, table: tables.answer }),
      source(210, matchOf('arp', at, field('arp_tpa', prefix.text)), 'drop'),
    ];
  return [
    sends,
    solicitation(port, { source: prefix.text, table: tables.answer }),
    source(210, matchOf('icmp6', at, 'icmp_type=135,icmp_code=0', field('nd_target', prefix.text)), 'drop'),
  ];
}

/**
 * A router sends with the addresses of its external, and asks by whatever address it has on that wire. It asks only for
 * addresses that are looked up first, since those beyond it are its own to answer for.
 */
function externalSource(port: LocalPort): Flow[] {
  const prefixes = ownedPrefixes([port.binding]).map(({ prefix, owner }) =>
    sourceFlow(port, {
      prefix,
      priority: 100 + prefix.length,
      actions: owner === undefined ? 'drop' : goTo(tables.destination),
    }),
  );
  const at = inPort(port);
  return [
    ...prefixes,
    request(port, { source: '', table: tables.asked }),
    source(210, matchOf('arp', at, 'arp_spa=0.0.0.0'), 'drop'),
    solicitation(port, { source: '', table: tables.asked }),
    source(210, matchOf('icmp6', at, 'ipv6_src=::', 'icmp_type=135,icmp_code=0'), 'drop'),
  ];
}

function source(priority: number, match: string, actions: string): Flow {
  return { table: tables.source, priority, match, actions };
}

function inPort({ wiring }: LocalPort): string {
  return `in_port=${String(wiring.ofport)}`;
}

function sourceFlow(
  port: LocalPort,
  { prefix, priority, actions }: { prefix: Prefix; priority: number; actions: string },
): Flow {
  const [family, address] = prefix.family === 4 ? ['ip', 'nw_src'] : ['ipv6', 'ipv6_src'];
  const ethernet = `dl_src=${port.mac},dl_dst=${virtualMac}`;
  return source(priority, matchOf(family, inPort(port), ethernet, field(address, prefix.text)), actions);
}

/** An ARP request that says of its sender what the port is. */
function request(port: LocalPort, { source: ip, table }: { source: string; table: number }): Flow {
  const { mac } = port;
  const match = matchOf(
    'arp',
    inPort(port),
    `dl_src=${mac}`,
    field('arp_spa', ip),
    `arp_op=1,arp_sha=${mac}`,
  );
  return source(200, match, goTo(table));
}

/** A neighbour solicitation that says of its sender what the port is. */
function solicitation(port: LocalPort, { source: ip, table }: { source: string; table: number }): Flow {
  const match = matchOf(
    'icmp6',
    inPort(port),
    `dl_src=${port.mac}`,
    field('ipv6_src', ip),
    'icmp_type=135,icmp_code=0',
  );
  return source(200, match, goTo(table));
}

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { tenantOf } from '../../../events/names.ts';
import { formatAddress, parseAddress, parseCidr } from '../../../events/address.ts';
import { OvsTracing, type SwitchPlace } from '../../../src/overlay/ovs/probe.ts';
import type { Packet } from '../../../src/overlay/port.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { generateEstate } from '../../bench/estate.ts';
import { ofKind, type WrittenDocument } from '../../bench/estate/documents.ts';
import { writeEstate } from '../../bench/estate/write.ts';
import { Workplace } from '../../support/command-line.ts';
import { describeNeeding } from '../../support/needs.ts';
import { needsOfSwitch, OvsSwitch } from '../../support/ovs-switch.ts';

/** A port of the estate, and addresses of its own: of each family that it has, one. */
interface End {
  readonly name: string;
  /** As `connections` names it. */
  readonly segment: string;
  readonly addresses: readonly string[];
}

type Connection = Awaited<ReturnType<Workplace['connections']>>[number];

describeNeeding(needsOfSwitch, 'the tracer of real switches', () => {
  it('agrees with the verifier on every pair of ends, in every region of ports', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 - 1 }), async (seed) => {
        await compareOn(seed);
      }),
      { numRuns: Number(process.env['ISOLEDGER_TEST_RUNS'] ?? 2), endOnFailure: true },
    );
  }, 1_800_000);
});

/**
 * Brings a random estate to switches, and compares. Then somebody who may send to others is put in quarantine while one host is
 * away: the others alone have to cut, as sender or as receiver. Then that host follows.
 */
async function compareOn(seed: number): Promise<void> {
  using kept = new DisposableStack();
  const place = kept.use(new Workplace());
  const { documents } = generateEstate({
    seed,
    tenants: 4,
    rulesPerTenant: 4,
    shards: 2,
    hostsPerShard: 2,
    segmentsPerTenantMax: 2,
    endpointsPerSegment: 1,
  });
  const switches = new Map(
    ofKind(documents, 'Host').map(({ host }) => [
      host,
      kept.adopt(new OvsSwitch(), (machine) => {
        machine.end();
      }),
    ]),
  );
  const folder = join(place.folder, 'documents');
  mkdirSync(folder);
  const driven = withWide(documents).map((document) => onSwitches(document, switches));
  writeEstate(folder, { documents: driven });
  await place.succeed('apply', folder);
  await place.succeed('sync');
  await compare(place, driven, 'exactly');
  const [crossing] = (await place.connections('applied')).filter(
    ({ from, to }) => tenantOf(from) !== tenantOf(to),
  );
  if (crossing === undefined) return;
  const comeBack = [...switches.values()].at(seed % switches.size)?.cutOff();
  const quarantine = ['quarantine', tenantOf(crossing.from) ?? crossing.from, '--reason', 'tried'];
  // A host of a shard that the quarantine does not concern is not waited for.
  expect([0, 5]).toContain((await place.run(...quarantine, '--timeout', '1s')).code);
  comeBack?.();
  await compare(place, driven, 'at most');
  await place.succeed('sync');
  await compare(place, driven, 'exactly');
}

/** Prefixes that hold the addresses of all endpoints. */
const everybodys = ['10.0.0.0/8', 'fd00::/8'];

/** The documents with one external whose CIDRs hold everybody's addresses: the one that most rules let in, of those with a gateway. */
function withWide(documents: readonly WrittenDocument[]): WrittenDocument[] {
  const sources = ofKind(documents, 'Policy').flatMap(({ ingress = [] }) =>
    ingress.map(({ source }) => source),
  );
  const [wide] = ofKind(documents, 'External')
    .filter(({ gateway }) => gateway !== undefined)
    .map((document) => ({
      document,
      rules: sources.filter((source) => source === document.external).length,
    }))
    .sort((a, b) => b.rules - a.rules);
  return documents.map((document) =>
    document === wide?.document
      ? { ...wide.document, cidrs: [...wide.document.cidrs, ...everybodys] }
      : document,
  );
}

/** The document for switches, with the MAC addresses that they need. */
function onSwitches(document: WrittenDocument, switches: ReadonlyMap<string, OvsSwitch>): WrittenDocument {
  switch (document.kind) {
    case 'Shard':
      return { ...document, overlay: 'ovs' };
    case 'Host':
      return { ...document, ovsdb: switches.get(document.host)?.ovsdb ?? '' };
    case 'External': {
      const { gateway } = document;
      return gateway === undefined
        ? document
        : { ...document, gateway: { mac: nextHop(gateway), ...gateway } };
    }
    default:
      return document;
  }
}

/** A MAC address for a gateway that was given none. Its interface is a name with a number that no other one has. */
function nextHop({ interface: name }: { interface: string }): string {
  const number = Number(name.replace(/\D/g, '')).toString(16).padStart(4, '0');
  return `06:00:00:00:${number.slice(0, 2)}:${number.slice(2)}`;
}

/**
 * Traces packets between all ends. They pass exactly where the verifier says so; `at most` there where a host has not
 * acknowledged its plan, since it may hold either set.
 */
async function compare(
  place: Workplace,
  documents: readonly WrittenDocument[],
  bound: 'exactly' | 'at most',
): Promise<void> {
  const connections = await place.connections('applied');
  const ends = endsOf(documents);
  const segments = new Map(ends.map(({ name, segment }) => [name, segment]));
  const { ledger } = await place.verify();
  const hosts = ofKind(documents, 'Host');
  const places = hosts.map((address): SwitchPlace => ({ ...address, address }));
  using tracing = await OvsTracing.open({
    ledger: ledger.id,
    places,
    clock: systemClock,
    elsewhere: () => undefined,
  });
  await compareCommand(place, tracing, ends);
  let traced = 0;
  const disagreements: unknown[] = [];
  const sees = (segment: string, other: string): boolean =>
    segment === other ||
    connections.some(
      (row) =>
        [segment, other].includes(row.from) && [segment, other].includes(row.to) && row.from !== row.to,
    );
  for (const { from, of, packet } of bound === 'exactly' ? spokenFor(documents, { ends, connections }) : []) {
    const { to: reached } = await tracing.probe(from, packet);
    // Whoever finds an endpoint at an address hears no external from there. A switch sends nothing back by the port that it came from.
    if (reached !== null && reached !== from && sees(segments.get(reached) ?? '', of))
      disagreements.push({ from, packet, reached });
    traced += 1;
  }
  for (const from of ends) {
    for (const to of ends) {
      const allowed = (target: string, packet: Packet): boolean =>
        from.segment === target ||
        connections.some((row) => row.from === from.segment && row.to === target && covers(row, packet));
      const rows = connections.filter((row) => row.from === from.segment && row.to === to.segment);
      for (const packet of packetsBetween(from, to, rows)) {
        const { to: reached, rule } = await tracing.probe(from.name, packet);
        const isSound = reached === null || allowed(segments.get(reached) ?? '', packet);
        // Nothing goes back by the port that it came from.
        const isOwn = to.name === from.name;
        const isMissed = isOwn ? reached !== null : allowed(to.segment, packet) && reached !== to.name;
        const isExpected = isSound && (bound === 'at most' || !isMissed);
        if (!isExpected) disagreements.push({ from: from.name, to: to.name, packet, reached, rule });
        traced += 1;
      }
    }
  }
  expect(disagreements).toEqual([]);
  expect(traced).toBeGreaterThan(ends.length ** 2);
}

/** The command gives what was traced, of a packet between two segments. */
async function compareCommand(place: Workplace, tracing: OvsTracing, ends: readonly End[]): Promise<void> {
  const questions = ends.flatMap((from) =>
    ends
      .filter(({ segment }) => segment !== from.segment)
      .flatMap((to) => Array.from(packetsBetween(from, to, []), (packet) => ({ from: from.name, packet }))),
  );
  const [question] = questions;
  if (question === undefined) return;
  const { from, packet } = question;
  const said = await place.succeed('probe', from, JSON.stringify(packet), '--json');
  expect(JSON.parse(said)).toEqual({ formatVersion: 1, ...(await tracing.probe(from, packet)) });
}

function endsOf(documents: readonly WrittenDocument[]): End[] {
  const endpoints = ofKind(documents, 'Endpoints').flatMap(({ tenant, endpoints: each }) =>
    each.map(({ name, segment, ip }) => ({
      name: `${tenant}/${name}`,
      segment: `${tenant}/${segment}`,
      addresses: [ip].flat(),
    })),
  );
  const taken = new Set(endpoints.flatMap(({ addresses }) => addresses));
  const externals = ofKind(documents, 'External');
  const gateways = externals
    .filter(({ gateway }) => gateway !== undefined)
    .map(({ external, cidrs }) => {
      const others = externals.filter((other) => other.external !== external).flatMap((other) => other.cidrs);
      return { name: external, segment: external, addresses: addressesIn(cidrs, { others, taken }) };
    });
  return [...endpoints, ...gateways];
}

/** Of each prefix the last address that is nobody else's. */
function addressesIn(
  cidrs: readonly string[],
  { others, taken }: { others: readonly string[]; taken: ReadonlySet<string> },
): string[] {
  return cidrs.flatMap((cidr) => {
    const range = parseCidr(cidr);
    if (range === undefined) return [];
    const narrower = others
      .map((other) => parseCidr(other))
      .filter(
        (other) => other?.family === range.family && other.last - other.first <= range.last - range.first,
      );
    for (let value = range.last; value >= range.first; value -= 1n) {
      const text = formatAddress({ family: range.family, value });
      const isOthers = narrower.some((other) => other && other.first <= value && value <= other.last);
      if (!isOthers && !taken.has(text)) return [text];
    }
    return [];
  });
}

/** Packets that the external with everybody's addresses sends to each endpoint, from the address of each. */
function* spokenFor(
  documents: readonly WrittenDocument[],
  { ends, connections }: { ends: readonly End[]; connections: readonly Connection[] },
): Generator<{ from: string; of: string; packet: Packet }> {
  const wide = ofKind(documents, 'External').find(({ cidrs }) =>
    everybodys.every((cidr) => cidrs.includes(cidr)),
  );
  const sender = ends.find(({ name }) => name === wide?.external);
  if (sender === undefined) return;
  const endpoints = ends.filter(({ name }) => tenantOf(name) !== undefined);
  for (const { segment, addresses } of endpoints)
    for (const to of endpoints) {
      const rows = connections.filter((row) => row.from === sender.segment && row.to === to.segment);
      for (const packet of packetsBetween({ ...sender, addresses }, to, rows))
        yield { from: sender.name, of: segment, packet };
    }
}

/** Of each region of ports that rows tell apart the first and the last, for each protocol, in each family that both have. */
function* packetsBetween(from: End, to: End, rows: readonly Connection[]): Generator<Packet> {
  for (const src of from.addresses) {
    const dst = to.addresses.find((address) => familyOf(address) === familyOf(src));
    if (dst === undefined) continue;
    for (const protocol of ['tcp', 'udp', 'sctp'])
      for (const dstPort of boundaries(rows)) yield { src, dst, protocol, srcPort: 40_000, dstPort };
    yield { src, dst, protocol: 'icmp' };
    yield { src, dst, protocol: '47' };
  }
}

function familyOf(address: string): number | undefined {
  return parseAddress(address)?.family;
}

function boundaries(rows: readonly Connection[]): Set<number> {
  const ends = rows
    .flatMap(rangesOf)
    .flatMap(([first, last]) => [first - 1, first, last, last + 1])
    .filter((port) => port > 0 && port <= 65_535);
  return new Set([443, ...ends]);
}

function rangesOf({ ports }: Connection): [first: number, last: number][] {
  return ports.split(',').flatMap((range): [number, number][] => {
    if (range === '*') return [[1, 65_535]];
    const [first, last = first] = range.split('-').map(Number);
    return first === undefined || last === undefined ? [] : [[first, last]];
  });
}

function covers(row: Connection, { protocol, dstPort }: Packet): boolean {
  if (row.protocol === 'any') return true;
  if (row.protocol !== protocol) return false;
  return dstPort === undefined || rangesOf(row).some(([first, last]) => first <= dstPort && dstPort <= last);
}

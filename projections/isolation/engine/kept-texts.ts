import type { Occupant } from '../documents/document-maps.ts';
import type { AddressSet } from '../header-sets/addresses.ts';
import { everything, isNothing, nothing, sameTraffic, type Traffic } from '../header-sets/traffic.ts';
import { kinds, type Finding } from '../judging/findings.ts';
import type { Pair } from '../pair.ts';
import {
  read,
  readFlag,
  readList,
  readNullable,
  readNumber,
  readOneOf,
  readParts,
  readText,
  type KeptReader,
} from './kept-json.ts';
import type { Authorised, Open, PairRecord } from './pair-record.ts';
import type { Tick } from './tick.ts';

/**
 * The texts that are kept of an engine: what it knows beyond what the entries themselves come to. Each is plain JSON, and the same value
 * has always the same text. Whoever changes one of them counts `keptFormat` up.
 */
export const keptFormat = 1;

/** Who holds a port since a tick; null for the one who holds it by the documents. */
export interface KeptSitting {
  readonly since: number;
  readonly occupant: Occupant | null;
}

export function recordText({ findings, authorised, open, limits }: Omit<PairRecord, keyof Pair>): string {
  return JSON.stringify([
    findings.map(findingParts),
    authorised.map(({ since, traffic, src, dst }) => [
      ...[since, trafficParts(traffic)],
      ...[addressParts(src), addressParts(dst)],
    ]),
    open.map(({ since, traffic }) => [since, trafficParts(traffic)]),
    limits,
  ]);
}

export function readRecord(pair: Pair, text: string): PairRecord {
  return read(text, (json) => {
    const [findings, authorised, open, limits] = readParts(json);
    return {
      ...pair,
      findings: readList(findingOf(pair))(findings),
      authorised: readList(readAuthorised)(authorised),
      open: readList(readOpen)(open),
      limits: readList(readText)(limits),
    };
  });
}

export function sittingsText(sittings: readonly KeptSitting[]): string {
  return JSON.stringify(
    sittings.map(({ since, occupant }) => [since, occupant === null ? null : occupantParts(occupant)]),
  );
}

export function readSittings(text: string): KeptSitting[] {
  return read(
    text,
    readList((json) => {
      const [since, occupant] = readParts(json);
      return { since: readNumber(since), occupant: readNullable(readOccupant)(occupant) };
    }),
  );
}

export function tickText({ at, changed }: Tick): string {
  return JSON.stringify([at, changed]);
}

export function readTick(text: string): Tick {
  const [at, changed] = read(text, readParts);
  return { at: readText(at), changed: readOneOf(['documents', 'held', 'nothing'])(changed) };
}

function findingParts({ kind, former, witness, rules }: Finding): unknown[] {
  const { src, dst, protocol, srcPort, dstPort } = witness;
  const passing = former === undefined ? null : [former.from, former.to];
  return [kind, passing, src, dst, protocol, srcPort ?? null, dstPort ?? null, rules];
}

/** Its keys are in the order in which a judgement puts them: findings are compared by their texts. */
function findingOf(pair: Pair): KeptReader<Finding> {
  const number = readNullable(readNumber);
  const nullable = readNullable(readText);
  return (json) => {
    const [kind, former, src, dst, protocol, source, target, rules] = readParts(json);
    const [srcPort, dstPort] = [number(source), number(target)];
    const passing = readNullable(readPair)(former);
    return {
      kind: readOneOf(kinds)(kind),
      ...pair,
      ...(passing === null ? {} : { former: passing }),
      witness: {
        src: nullable(src),
        dst: nullable(dst),
        protocol: readText(protocol),
        ...(srcPort === null ? {} : { srcPort }),
        ...(dstPort === null ? {} : { dstPort }),
      },
      rules: readList(readText)(rules),
    };
  };
}

const readPair: KeptReader<Pair> = (json) => {
  const [from, to] = readParts(json);
  return { from: readText(from), to: readText(to) };
};

const readAuthorised: KeptReader<Authorised> = (json) => {
  const [since, traffic, src, dst] = readParts(json);
  return {
    since: readNumber(since),
    traffic: readTraffic(traffic),
    src: readAddresses(src),
    dst: readAddresses(dst),
  };
};

const readOpen: KeptReader<Open> = (json) => {
  const [since, traffic] = readParts(json);
  return { since: readNumber(since), traffic: readTraffic(traffic) };
};

function trafficParts({ tcp, udp, sctp, icmp, other }: Traffic): unknown[] {
  return [tcp, udp, sctp, icmp, other];
}

const readTraffic: KeptReader<Traffic> = (json) => {
  const [tcp, udp, sctp, icmp, other] = readParts(json);
  const ports = readList(readNumber);
  const traffic = {
    tcp: ports(tcp),
    udp: ports(udp),
    sctp: ports(sctp),
    icmp: readFlag(icmp),
    other: readFlag(other),
  };
  // What is done with these two is told at a glance.
  if (isNothing(traffic)) return nothing;
  return sameTraffic(traffic, everything) ? everything : traffic;
};

function addressParts(set: AddressSet | undefined): string[] | null {
  return set === undefined ? null : set.map(String);
}

const readAddresses: KeptReader<AddressSet | undefined> = (json) =>
  readNullable(readList(readPosition))(json) ?? undefined;

const readPosition: KeptReader<bigint> = (json) => BigInt(readText(json));

function occupantParts({ kind, name, end, ips, documented }: Occupant): unknown[] {
  return [kind, name, end, ips, documented];
}

const readOccupant: KeptReader<Occupant> = (json) => {
  const [kind, name, end, ips, documented] = readParts(json);
  return {
    kind: readOneOf(['endpoint', 'external'])(kind),
    name: readText(name),
    end: readText(end),
    ips: readList(readText)(ips),
    documented: readFlag(documented),
  };
};

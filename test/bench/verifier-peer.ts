import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { parseAddress } from '../../events/address.ts';
import type { OverlayObject } from '../../events/overlay-objects.ts';
import type { Traffic } from '../../projections/isolation/header-sets/traffic.ts';
import type { Pair } from '../../projections/isolation/pair.ts';

const program = fileURLToPath(new URL('peers/z3.ts', import.meta.url));
const installed = existsSync(new URL('peers/node_modules/z3-solver/', import.meta.url));
const answersOf = z.array(z.object({ ms: z.number(), excess: z.boolean(), missing: z.boolean() }));

/** What the rows call the peer. */
export const smtPeerName = installed
  ? 'z3-solver on one changed pair'
  : 'z3-solver (not installed: npm ci --prefix test/bench/peers)';

/** Protocol `null` is any, and so are ports. */
interface Clause {
  readonly protocol: number | null;
  readonly ports: readonly (readonly [number, number])[] | null;
}

/** One pair as a solver is asked about it: whose addresses, which acls at either side, and what documents authorise. IPv4 alone. */
export interface PairQuestion {
  readonly src: readonly Ipv4Prefix[];
  readonly dst: readonly Ipv4Prefix[];
  readonly egress: readonly Clause[];
  readonly ingress: readonly Clause[];
  readonly authorised: readonly Clause[];
}

interface Ipv4Prefix {
  readonly base: number;
  readonly length: number;
}

const numbers = { icmp: 1, tcp: 6, udp: 17, sctp: 132 } as const;

/** How a set of objects and documents stand to each other for a pair. */
export function pairQuestion(
  { from, to }: Pair,
  { objects, authorised }: { objects: readonly OverlayObject[]; authorised: Traffic },
): PairQuestion {
  const clauses = (side: 'egress' | 'ingress'): Clause[] =>
    objects.flatMap((object) => {
      if (object.kind !== 'acl' || object.tier !== 'grant' || object.side !== side) return [];
      if (object.from !== from || object.to !== to) return [];
      return [{ protocol: numberOf(object.protocol), ports: object.ports ?? null }];
    });
  return {
    src: prefixesOf(from, objects),
    dst: prefixesOf(to, objects),
    egress: clauses('egress'),
    ingress: clauses('ingress'),
    authorised: clausesOf(authorised),
  };
}

/** Traffic of protocols with a name; one that stands for all has no others here. */
function clausesOf(traffic: Traffic): Clause[] {
  if (traffic.other) return [{ protocol: null, ports: null }];
  const withPorts = (['tcp', 'udp', 'sctp'] as const).map((protocol): Clause => {
    const bounds = traffic[protocol];
    const ports = Array.from({ length: bounds.length / 2 }, (_, at): [number, number] => [
      bounds[2 * at] ?? 0,
      (bounds[2 * at + 1] ?? 0) - 1,
    ]);
    return { protocol: numbers[protocol], ports };
  });
  return traffic.icmp ? [...withPorts, { protocol: numbers.icmp, ports: null }] : withPorts;
}

function numberOf(protocol: string): number | null {
  return Object.entries(numbers).find(([name]) => name === protocol)?.[1] ?? null;
}

function prefixesOf(end: string, objects: readonly OverlayObject[]): Ipv4Prefix[] {
  const vnis = new Set(
    objects.flatMap((object) => (object.kind === 'network' && object.segment === end ? [object.vni] : [])),
  );
  return objects.flatMap((object) => {
    if (object.kind !== 'binding' || !vnis.has(object.vni)) return [];
    return object.ips.flatMap((ip) => {
      const [address = '', length = '32'] = ip.split('/');
      const parsed = parseAddress(address);
      return parsed?.family === 4 ? [{ base: Number(parsed.value), length: Number(length) }] : [];
    });
  });
}

/** Half of the pairs take z3 at most so many milliseconds; undefined where it is not installed. Throws where it finds a difference. */
export async function smtPeerMs(questions: readonly PairQuestion[]): Promise<number | undefined> {
  if (!installed || questions.length === 0) return undefined;
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify(questions));
  const [answer] = await Promise.all([text(child.stdout), once(child, 'close')]);
  const answers = answersOf.parse(JSON.parse(answer));
  if (answers.some(({ excess, missing }) => excess || missing))
    throw new Error('z3 finds a pair of which hosts deliver something else than documents authorise');
  const times = answers.map(({ ms }) => ms).sort((a, b) => a - b);
  return times[Math.floor(times.length / 2)];
}

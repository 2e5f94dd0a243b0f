import type { QuarantineAcl } from '../../../../events/overlay-objects.ts';
import type { Flow } from './flow.ts';
import type { AclSide } from './grant-index.ts';
import type { NetworkPair, SetModel } from './model.ts';
import { cutNote } from './notes.ts';
import { isFromHere, isToHere } from './static-flows.ts';
import { field, hex, matchOf } from './spelling.ts';
import { goTo, tables } from './tables.ts';
import type { NetworkOrAll, Unit } from './unit.ts';
import type { Vantage } from './vantage.ts';
import { judgeOf } from './grant-flows.ts';

type CutUnit = Extract<Unit, { kind: 'cut' }>;

const exemptPriority = 20;
const cutPriority = 10;

/** Of several cuts that take a packet one counts it: that which names both ends, or else its source. */
function priorityOf({ from, to }: CutUnit): number {
  return cutPriority + (from === '*' ? 0 : 2) + (to === '*' ? 0 : 1);
}

/** A side of a cut: its table, the match of packets that it judges, and where others go on. */
const cutTables = {
  egress: { table: tables.cutEgress, judged: isFromHere, next: goTo(tables.cutIngress) },
  ingress: { table: tables.cutIngress, judged: isToHere, next: goTo(tables.external) },
} as const;

/** What quarantine drops, whether a connection is new or not. Every host of a shard has all cuts of the shard's set. */
export function cutFlows({ model }: Vantage, unit: CutUnit): Flow[] {
  const acls = aclsOf(model, unit);
  if (acls.length === 0) return [];
  return [flowAt(unit, priorityOf(unit), cutNote(acls))];
}

/** A pair that a cut names by one of its ends, and that is not cut: its route leads on, within the own tenant. */
export function exemptFlows(vantage: Vantage, pair: NetworkPair): Flow[] {
  const { model } = vantage;
  if (pair.from === pair.to || !model.routesFrom.has(pair.from, pair.to)) return [];
  if (!vantage.isLocal(judgeOf(pair)) || model.quarantineOf(pair) !== 'exempt') return [];
  return [flowAt(pair, exemptPriority, cutTables[pair.side].next)];
}

/** What no grant allows between two networks with a route is dropped, and counted. */
export function droppedFlows(vantage: Vantage, { from, to }: { from: number; to: number }): Flow[] {
  if (from === to || !vantage.model.routesFrom.has(from, to)) return [];
  if (!vantage.isLocal(from) && !vantage.isLocal(to)) return [];
  return [
    { table: tables.dropped, priority: 100, match: `reg0=${hex(from)},reg1=${hex(to)}`, actions: 'drop' },
  ];
}

/** The units of the cuts of an acl: for each of its networks one. */
export function cutUnitsOf({ networks }: SetModel, { side, from, to }: QuarantineAcl): CutUnit[] {
  const numbers = (end: string): NetworkOrAll[] => (end === '*' ? ['*'] : [...networks.of(end)]);
  return numbers(from).flatMap((source) =>
    numbers(to).map((target) => ({ kind: 'cut' as const, side, from: source, to: target })),
  );
}

function flowAt(
  { side, from, to }: { side: AclSide; from: NetworkOrAll; to: NetworkOrAll },
  priority: number,
  actions: string,
): Flow {
  const { table, judged } = cutTables[side];
  const match = matchOf(field('reg0', number(from)), field('reg1', number(to)), judged);
  return { table, priority, match, actions };
}

function number(network: NetworkOrAll): string {
  return network === '*' ? '' : hex(network);
}

/** The quarantine acls that a cut stands for, by id. */
function aclsOf(model: SetModel, { side, from, to }: CutUnit): QuarantineAcl[] {
  const [sources, targets] = [endsOf(model, from), endsOf(model, to)];
  // Of all that name everyone at one end, those count that name this end at the other.
  const named =
    from === '*' ? targets.map((end) => model.cutsTo.of(end)) : sources.map((end) => model.cutsFrom.of(end));
  return named
    .flatMap((acls) => [...acls])
    .filter((acl) => acl.side === side && sources.includes(acl.from) && targets.includes(acl.to))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

function endsOf({ segments }: SetModel, network: NetworkOrAll): string[] {
  return network === '*' ? ['*'] : [...segments.of(network)];
}

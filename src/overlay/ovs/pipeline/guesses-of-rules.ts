import {
  keyOf,
  type AclObject,
  type GrantAcl,
  type QuarantineAcl,
} from '../../../../events/overlay-objects.ts';
import type { Delta } from '../../delta.ts';
import type { Flow } from './flow.ts';
import type { AclSide } from './grant-index.ts';
import { having, without } from './guess.ts';
import { numberIn, type MatchFields } from './match-fields.ts';
import type { SetModel } from './model.ts';
import { readCutNote, readGrantNote } from './notes.ts';
import { sideNumbers } from './tables.ts';
import type { Vantage } from './vantage.ts';

/** Two networks of which a flow speaks, each of which may be everyone's. */
interface FoundPair {
  readonly side: AclSide;
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly found: Flow | undefined;
}

/** What is found of a pair of networks says of the grants between them, and of whose networks those are. */
export function* guessesOfPair(
  { model }: Vantage,
  { fields, found }: { fields: MatchFields; found: Flow | undefined },
): Generator<Delta> {
  const [from, to] = [numberIn(fields, 'reg7'), numberIn(fields, 'reg8')];
  if (from === undefined || to === undefined) return;
  const side = fields.get('reg9') === sideNumbers.egress ? 'egress' : 'ingress';
  const grants = model.grantsOf({ side, from, to });
  const noted = notedGrants(model, { side, from, to, found });
  for (const grant of grants) yield without(keyOf(grant));
  for (const grant of noted) yield having(grant);
  if (noted.length > 0) yield exchanged(grants, noted);
  yield* guessesOfNetworks(model, { from, to, acls: noted });
}

/** All at once: each alone may bring nothing nearer to what was found. */
function exchanged(grants: readonly GrantAcl[], noted: readonly GrantAcl[]): Delta {
  const kept = new Set(noted.map(({ id }) => id));
  return { put: noted, removed: grants.filter(({ id }) => !kept.has(id)).map(keyOf) };
}

/** What is found of a cut says of the quarantine there, and of whose network that is; of an exemption, of the route too. */
export function* guessesOfCut({ model }: Vantage, at: FoundPair): Generator<Delta> {
  const { side, from, to } = at;
  const sources = from === undefined ? [] : [...model.segments.of(from)];
  const targets = to === undefined ? [] : [...model.segments.of(to)];
  const known = [
    ...sources.flatMap((end) => [...model.cutsFrom.of(end)]),
    ...targets.flatMap((end) => [...model.cutsTo.of(end)]),
    ...model.cutsOfAll,
  ];
  for (const acl of known) if (acl.side === side) yield without(keyOf(acl));
  const noted = notedCuts(model, at);
  for (const acl of noted) yield having(acl);
  yield* guessesOfRoute({ from, to });
  yield* guessesOfNetworks(model, { from, to, acls: noted });
}

/** What is found of a pair of networks with a route. */
export function* guessesOfRoute({
  from,
  to,
}: {
  from: number | undefined;
  to: number | undefined;
}): Generator<Delta> {
  if (from === undefined || to === undefined) return;
  yield without(`route/${String(from)}/${String(to)}`);
  yield having({ kind: 'route', from, to });
}

/** That a network is no longer the one of some segment, or is the one of a segment that an acl names. */
function* guessesOfNetworks(
  model: SetModel,
  { from, to, acls }: { from: number | undefined; to: number | undefined; acls: readonly AclObject[] },
): Generator<Delta> {
  for (const vni of [from, to]) {
    if (vni === undefined) continue;
    for (const segment of model.segments.of(vni)) yield without(`network/${String(vni)}/${segment}`);
  }
  for (const acl of acls) {
    if (from !== undefined && acl.from !== '*')
      yield having({ kind: 'network', vni: from, segment: acl.from });
    if (to !== undefined && acl.to !== '*') yield having({ kind: 'network', vni: to, segment: acl.to });
  }
}

/** The grants that a flow says are there; where several segments share a network, each that may be meant. */
function notedGrants(model: SetModel, { side, from, to, found }: FoundPair): GrantAcl[] {
  const noted = readGrantNote(noteOf(found)) ?? [];
  return noted.flatMap((grant) =>
    endsOf(model, { id: grant.id, from, to }).map((ends): GrantAcl => ({
      kind: 'acl',
      ...grant,
      side,
      ...ends,
      action: 'allow',
      tier: 'grant',
    })),
  );
}

/** The quarantine acls that a flow says are there. */
function notedCuts(model: SetModel, { side, from, to, found }: FoundPair): QuarantineAcl[] {
  const noted = readCutNote(noteOf(found)) ?? [];
  return noted.flatMap((cut) =>
    endsOf(model, { id: cut.id, from, to }).map((ends): QuarantineAcl => ({
      kind: 'acl',
      ...cut,
      side,
      ...ends,
      protocol: 'any',
      action: 'deny',
      tier: 'quarantine',
    })),
  );
}

function noteOf(found: Flow | undefined): string {
  return found?.actions.split(',').find((action) => action.startsWith('note:')) ?? '';
}

/** The ends that an acl may name: those that it is known by, or else those whose networks they are. */
function endsOf(
  model: SetModel,
  { id, from, to }: { id: string; from: number | undefined; to: number | undefined },
): { from: string; to: string }[] {
  const known = model.get(`acl/${id}`);
  if (known?.kind === 'acl') return [{ from: known.from, to: known.to }];
  const ends = (vni: number | undefined): readonly string[] =>
    vni === undefined ? ['*'] : [...model.segments.of(vni)];
  return ends(from).flatMap((source) => ends(to).map((target) => ({ from: source, to: target })));
}

import { Authorisation, type ConsentTo } from '../../../projections/isolation/authorised/authorisation.ts';
import { common, ofTraffic, withoutAll, type Box } from '../../../projections/isolation/header-sets/boxes.ts';
import {
  everything,
  firstOf,
  intersect,
  isNothing,
  nothing,
  unionOf,
  union,
  type Traffic,
} from '../../../projections/isolation/header-sets/traffic.ts';
import {
  contacts,
  sceneOf,
  type Contact,
  type Question,
  type Scene,
} from '../../../projections/isolation/judging/contacts.ts';
import type { Finding, Witness } from '../../../projections/isolation/judging/findings.ts';
import { byHolders, type ByHolders } from '../../../projections/isolation/judging/former.ts';
import { saysNothingOf, type Lane } from '../../../projections/isolation/judging/lanes.ts';
import {
  authorisedOtherwise,
  type AuthorisedThen,
} from '../../../projections/isolation/judging/possible-times.ts';
import type { Hindsight } from '../../../projections/isolation/judging/recorded.ts';
import { judgeExposures, type Exposure } from '../../../projections/isolation/judging/revocation.ts';
import type { Seat } from '../../../projections/isolation/judging/seats.ts';
import { confirmed, toWitness, walk, witnessIn } from '../../../projections/isolation/judging/witness.ts';
import { pairKey, type Pair } from '../../../projections/isolation/pair.ts';

/**
 * How traffic that passes stands to what is authorised. All but `authorised` are the kinds of findings of `verify`: revoked and still
 * in time, not authorised, not authorised across an air gap.
 */
export type ReachStanding = 'authorised' | 'pending-revocation' | 'isolation' | 'airgap';

/** What shows that traffic passes which is not authorised. */
export interface Evidence {
  readonly witness: Witness;
  /** Ids of acls and keys of bindings that let the witness through; on the intended lane the ids of rules. */
  readonly objects: readonly string[];
  /** As a finding has it: those as whom the witness passes, where a port had another holder. */
  readonly former?: Pair;
}

/** Traffic that passes from one end to another at an instant, of one standing. */
export interface Passing extends Pair {
  readonly standing: ReachStanding;
  readonly traffic: Traffic;
  /** The rules that consent to a part of it. To be asked before the next batch. */
  readonly consentsTo: (part: Traffic) => readonly ConsentTo[];
  /** A packet of a part of it; undefined for what is authorised. To be asked before the next batch. */
  readonly evidenceOf: (part: Traffic) => Evidence | undefined;
}

/**
 * Everything that passes between the pairs asked for at an instant, each pair's by standing. Traffic within one segment is
 * authorised. `findings` are the lane's at that instant for those pairs. Nothing is told of hosts at a time to come. This is the one
 * place where `when` asks the engine. Throws VerifierDisagrees.
 */
export function passingAt(
  lane: Lane,
  question: Question & { readonly findings: readonly Finding[] },
  known: Hindsight,
): Passing[] {
  if (saysNothingOf(lane, question.instant, known)) return [];
  return lane === 'intended' ? intendedPassing(question) : appliedPassing(question);
}

function intendedPassing({ findings, ...question }: Parameters<typeof passingAt>[1]): Passing[] {
  const { state, instant, wanted } = question;
  const authorisation = new Authorisation(state.documents, instant);
  const inside = authorisation.segments().map((end) => ({ from: end, to: end, traffic: everything }));
  const authorised = [...inside, ...authorisation.pairs('between')]
    .filter((pair) => wanted.pair(pair))
    .map((allowed): Passing => ({
      ...allowed,
      standing: 'authorised',
      consentsTo: (part) => authorisation.consentsTo(allowed, part),
      evidenceOf: () => undefined,
    }));
  const otherwise = authorisedOtherwise(question);
  const across = findings
    .filter(({ kind }) => kind === 'airgap')
    .map(({ from, to, witness, rules }): Passing => {
      const times = [{ authorisation }, ...otherwise];
      const agreed = times.map((then) => then.authorisation.consented({ from, to }));
      return {
        ...{ from, to, standing: 'airgap', traffic: agreed.reduce(intersect) },
        consentsTo: (part) => authorisation.consentsTo({ from, to }, part),
        evidenceOf: (part) => {
          const opening = firstOf(part);
          return opening && { witness: toWitness({ ...witness, opening }), objects: rules };
        },
      };
    });
  return [...authorised, ...across];
}

function appliedPassing(question: Question): Passing[] {
  const scene = sceneOf(question.state, question.instant);
  const passing = new AppliedPassing(scene, [scene, ...authorisedOtherwise(question)]);
  for (const contact of contacts(scene, question.wanted)) passing.take(contact);
  passing.judge(question);
  return passing.all();
}

/** Packets of a finding between two ports, by the holders of those. */
interface HeldPart extends ByHolders {
  readonly from: Seat;
  readonly to: Seat;
}

interface Strand extends Pair {
  readonly standing: ReachStanding;
  traffic: Traffic;
  readonly parts: HeldPart[];
}

class AppliedPassing {
  readonly #scene: Scene;
  /** What is authorised at each time that it may be; that of the scene comes first. */
  readonly #possible: readonly AuthorisedThen[];
  readonly #exposures: Exposure[] = [];
  readonly #strands = new Map<string, Strand>();

  constructor(scene: Scene, possible: readonly AuthorisedThen[]) {
    this.#scene = scene;
    this.#possible = possible;
  }

  take({ sources, target: to, delivered: { may }, ...pair }: Contact): void {
    const [first] = sources;
    if (pair.from === pair.to) {
      this.#add(pair, 'authorised', may);
      return;
    }
    const authorised = this.#authorised(first, to);
    this.#add(pair, 'authorised', common(may, authorised));
    if (withoutAll(may, authorised).length === 0) return;
    // Sources that are alike now may have differed before, so each is looked at by itself.
    for (const from of sources) {
      const theirs = this.#scene.delivery.between({ from, to }).may;
      this.#exposures.push({ from, to, excess: withoutAll(theirs, this.#authorised(from, to)) });
    }
  }

  judge({ certainUpTo }: Question): void {
    const { authorisation } = this.#scene;
    for (const { from, to, late, inTime } of judgeExposures(this.#exposures, {
      ...this.#scene,
      certainUpTo,
    })) {
      const pair = { from: from.occupant.end, to: to.occupant.end };
      const kind = authorisation.crossesAirGap(pair) ? 'airgap' : 'isolation';
      this.#add(pair, kind, late).push(
        ...byHolders({ from, to, boxes: late }, this.#scene).map((part) => ({ ...part, from, to })),
      );
      for (const part of inTime)
        this.#add(pair, 'pending-revocation', part.boxes).push({ ...part, from, to });
    }
  }

  all(): Passing[] {
    const { authorisation } = this.#scene;
    return [...this.#strands.values()]
      .filter(({ traffic }) => !isNothing(traffic))
      .map((strand) => ({
        ...strand,
        consentsTo: (part) =>
          strand.standing === 'authorised' ? authorisation.consentsTo(strand, part) : [],
        evidenceOf: (part) => this.#evidenceOf(strand, part),
      }));
  }

  #authorised(from: Seat, to: Seat): Box[] {
    return this.#possible.map(({ addressing }) => addressing.authorised(from.occupant, to.occupant));
  }

  /** Adds traffic to what passes from end to end; gives the parts of that, by port. */
  #add({ from, to }: Pair, standing: ReachStanding, boxes: readonly Box[]): HeldPart[] {
    const key = `${standing} ${pairKey({ from, to })}`;
    const strand = this.#strands.get(key) ?? { from, to, standing, traffic: nothing, parts: [] };
    strand.traffic = union(strand.traffic, unionOf(boxes.map(({ traffic }) => traffic)));
    this.#strands.set(key, strand);
    return strand.parts;
  }

  #evidenceOf({ parts, ...pair }: Strand, traffic: Traffic): Evidence | undefined {
    const { addressing, state } = this.#scene;
    for (const { from, to, holders, boxes } of parts) {
      const packet = witnessIn(ofTraffic(boxes, traffic), { from, to, addressing });
      if (packet === undefined) continue;
      const witness = toWitness(packet);
      const objects = confirmed('delivered', witness, walk(witness, { from, to }, state));
      const isOwn = pairKey(holders) === pairKey(pair);
      return { witness, objects, ...(isOwn ? {} : { former: holders }) };
    }
    return undefined;
  }
}

import { Authorisation, type ConsentTo } from '../authorised/authorisation.ts';
import { common, ofTraffic, withoutAll, type Box } from '../header-sets/boxes.ts';
import {
  everything,
  firstOf,
  holds,
  intersect,
  isNothing,
  nothing,
  unionOf,
  union,
  type Traffic,
} from '../header-sets/traffic.ts';
import { pairKey, type Pair } from '../pair.ts';
import { contacts, sceneOf, type Contact, type Question, type Scene } from './contacts.ts';
import type { Finding, Witness } from './findings.ts';
import { byHolders, type ByHolders } from './former.ts';
import type { JudgesExposures } from './judge-applied.ts';
import { saysNothingOf, type Lane } from './lanes.ts';
import { authorisedOtherwise, type AuthorisedThen } from './possible-times.ts';
import type { Hindsight } from './recorded.ts';
import { judgeExposures, type Exposure } from './revocation.ts';
import type { Seat } from './seats.ts';
import { confirmed, toWitness, walk, witnessIn } from './witness.ts';

/**
 * How traffic that passes stands to what is authorised. All but `authorised` are kinds of findings: revoked and still in time, not
 * authorised, not authorised across an air gap.
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

/** Whether the packet of an evidence is of a traffic. */
export function isEvidenceOf({ witness: { protocol, dstPort } }: Evidence, traffic: Traffic): boolean {
  const named = (['tcp', 'udp', 'sctp', 'icmp'] as const).find((one) => one === protocol) ?? 'other';
  return holds(traffic, { protocol: named, ...(dstPort === undefined ? {} : { dstPort }) });
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
 * authorised. `findings` are the lane's at that instant for those pairs. Nothing is told of hosts at a time to come. Throws
 * VerifierDisagrees.
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
  const allowed = [...inside, ...authorisation.pairs('between')].filter((pair) => wanted.pair(pair));
  return intendedPassingOf({ allowed, findings }, [authorisation, ...otherTimes(question)]);
}

function otherTimes(question: Question): Authorisation[] {
  return authorisedOtherwise(question).map(({ authorisation }) => authorisation);
}

/** What passes by what documents allow and by what is found of them. Of several times that it may be, that of the answer comes first. */
export function intendedPassingOf(
  { allowed, findings }: IntendedTraffic,
  possible: readonly [Authorisation, ...Authorisation[]],
): Passing[] {
  const [authorisation] = possible;
  const authorised = allowed.flatMap(({ traffic, ...pair }) =>
    authorisedPassing(pair, traffic, authorisation),
  );
  const across = findings
    .filter(({ kind }) => kind === 'airgap')
    .map(({ from, to, witness, rules }): Passing => ({
      ...{ from, to, standing: 'airgap' },
      traffic: possible.map((then) => then.consented({ from, to })).reduce(intersect),
      consentsTo: (part) => authorisation.consentsTo({ from, to }, part),
      evidenceOf: (part) => {
        const opening = firstOf(part);
        return opening && { witness: toWitness({ ...witness, opening }), objects: rules };
      },
    }));
  return [...authorised, ...across];
}

/** What passes from one end to another where all of it is authorised. */
export function authorisedPassing(
  { from, to }: Pair,
  traffic: Traffic,
  authorisation: Authorisation,
): Passing[] {
  if (isNothing(traffic)) return [];
  return [
    {
      ...{ from, to, standing: 'authorised', traffic },
      consentsTo: (part) => authorisation.consentsTo({ from, to }, part),
      evidenceOf: () => undefined,
    },
  ];
}

interface IntendedTraffic {
  readonly allowed: readonly (Pair & { readonly traffic: Traffic })[];
  readonly findings: readonly Finding[];
}

function appliedPassing(question: Question): Passing[] {
  const { certainUpTo } = question;
  const scene = sceneOf(question.state, question.instant);
  const passing = new AppliedPassing(scene, {
    possible: [scene, ...authorisedOtherwise(question)],
    judgeExposures: (exposures) => judgeExposures(exposures, { ...scene, certainUpTo }),
  });
  for (const contact of contacts(scene, question.wanted)) passing.take(contact);
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

interface ByWhat {
  /** What is authorised at each time that it may be; that of the scene comes first. */
  readonly possible: readonly AuthorisedThen[];
  readonly judgeExposures: JudgesExposures;
}

/** What hosts let pass, contact by contact. */
export class AppliedPassing {
  readonly #scene: Scene;
  readonly #by: ByWhat;
  readonly #exposures: Exposure[] = [];
  readonly #strands = new Map<string, Strand>();

  constructor(scene: Scene, by: ByWhat) {
    this.#scene = scene;
    this.#by = by;
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

  /** All of it, to be asked once, after the last contact. */
  all(): Passing[] {
    this.#judge();
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

  #judge(): void {
    const { authorisation } = this.#scene;
    for (const { from, to, late, inTime } of this.#by.judgeExposures(this.#exposures)) {
      const pair = { from: from.occupant.end, to: to.occupant.end };
      const kind = authorisation.crossesAirGap(pair) ? 'airgap' : 'isolation';
      this.#add(pair, kind, late).push(
        ...byHolders({ from, to, boxes: late }, this.#scene).map((part) => ({ ...part, from, to })),
      );
      for (const part of inTime)
        this.#add(pair, 'pending-revocation', part.boxes).push({ ...part, from, to });
    }
  }

  #authorised(from: Seat, to: Seat): Box[] {
    return this.#by.possible.map(({ addressing }) => addressing.authorised(from.occupant, to.occupant));
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

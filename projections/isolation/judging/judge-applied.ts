import { byFamily, common, withoutAll, type Box } from '../header-sets/boxes.ts';
import { pairKey } from '../pair.ts';
import { contacts, doubtfulContacts, sceneOf, type Contact, type Question, type Scene } from './contacts.ts';
import { byHolders, withHeirs, type ByHolders } from './former.ts';
import { Delivery } from '../delivered/delivery.ts';
import { FindingList, type Finding, type FindingKind } from './findings.ts';
import type { Gap } from '../hosts/gap.ts';
import { authorisedOtherwise, type AuthorisedThen } from './possible-times.ts';
import { judgeExposures, type Exposure, type JudgedExposure } from './revocation.ts';
import { unknownPorts, type Seat } from './seats.ts';
import type { IsolationState } from '../state.ts';
import { subtract } from '../header-sets/traffic.ts';
import { confirmed, toWitness, walk, witnessIn } from './witness.ts';

/**
 * The differences between the packets that the overlay may and must deliver and those that the documents authorise.
 * The instant must not be before the state's last batch. With `excessOnly` there is no `missing` finding. Throws VerifierDisagrees if the plain walk of a witness
 * contradicts the finding.
 */
export function appliedFindings(question: Question): Finding[] {
  const { state, instant, wanted } = question;
  const scene = sceneOf(state, instant);
  const judge = new AppliedJudge(scene, question);
  const asked = withHeirs(wanted, state.documents);
  const found = question.excessOnly === true ? doubtfulContacts(scene, asked) : contacts(scene, asked);
  for (const contact of found) judge.take(contact);
  return judge.findings().sorted();
}

/** The facts about the overlay that the entries leave open: with one of them no verdict is `proven`. */
export function appliedGaps({ documents, hosts }: IsolationState): Gap[] {
  return [...hosts.gaps(), ...unknownPorts(documents, new Delivery(documents, hosts))];
}

/** Separates the parts of exposures that are late from those that are in time. */
export type JudgesExposures = (exposures: readonly Exposure[]) => readonly JudgedExposure[];

/** Judges contacts, one after another. */
export class AppliedJudge {
  readonly #scene: Scene;
  readonly #asked: Question;
  readonly #judgeExposures: JudgesExposures;
  /** What is authorised at each time that it may be; that of the scene comes first. */
  readonly #possible: readonly AuthorisedThen[];
  readonly #findings = new FindingList();
  readonly #exposures: Exposure[] = [];

  constructor(scene: Scene, asked: Question, judgesExposures?: JudgesExposures) {
    this.#scene = scene;
    this.#asked = asked;
    this.#judgeExposures =
      judgesExposures ??
      ((exposures) => judgeExposures(exposures, { ...scene, certainUpTo: asked.certainUpTo }));
    this.#possible = [scene, ...authorisedOtherwise(asked)];
  }

  take(contact: Contact): void {
    const { sources, target, delivered, from, to } = contact;
    const [first] = sources;
    const authorised = this.#authorised({ from: first, to: target });
    const isAsked = this.#asked.wanted.pair({ from, to });
    // Within one segment everything is authorised, whatever its addresses.
    if (from !== to && delivered.may.length > 0) {
      if (withoutAll(delivered.may, authorised).length > 0) this.#expose(sources, target);
      if (isAsked) this.#judgeClassification(contact);
    }
    if (this.#asked.excessOnly === true) return;
    if (isAsked && first.occupant.documented && target.occupant.documented)
      this.#judgeMissing(contact, authorised);
  }

  /** What is authorised from seat to seat at each time that it may be. */
  #authorised({ from, to }: { from: Seat; to: Seat }): Box[] {
    return this.#possible.map(({ addressing }) => addressing.authorised(from.occupant, to.occupant));
  }

  findings(): FindingList {
    for (const { from, to, late, inTime } of this.#judgeExposures(this.#exposures)) {
      const pair = { from: from.occupant.end, to: to.occupant.end };
      const kind = this.#scene.authorisation.crossesAirGap(pair) ? 'airgap' : 'isolation';
      const ends = { from, to };
      this.#reportByHolders(kind, ends, byHolders({ ...ends, boxes: late }, this.#scene));
      this.#reportByHolders('pending-revocation', ends, inTime);
    }
    return this.#findings;
  }

  /** A finding is of those who are asked about if they sit at the ports, or if it is by what they were allowed there. */
  #reportByHolders(kind: FindingKind, ends: { from: Seat; to: Seat }, parts: readonly ByHolders[]): void {
    const pair = { from: ends.from.occupant.end, to: ends.to.occupant.end };
    const { wanted } = this.#asked;
    for (const { holders, boxes } of parts) {
      if (!wanted.pair(pair) && !wanted.pair(holders)) continue;
      const former = pairKey(holders) === pairKey(pair) ? {} : { former: holders };
      this.#report(kind, { ...ends, boxes, ...former });
    }
  }

  /** Sources that are alike now may have differed before, so each is looked at by itself. */
  #expose(sources: readonly Seat[], to: Seat): void {
    for (const from of sources) {
      const { may } = this.#scene.delivery.between({ from, to });
      this.#exposures.push({ from, to, excess: withoutAll(may, this.#authorised({ from, to })) });
    }
  }

  #judgeClassification({ sources: [from], target, delivered, ...pair }: Contact): void {
    let unguarded = delivered.may;
    for (const { authorisation, addressing } of this.#possible) {
      const guarded = authorisation.guarded(pair);
      if (guarded === undefined) return;
      const box = addressing.authorised(from.occupant, target.occupant);
      unguarded = common(unguarded, [{ ...box, traffic: subtract(box.traffic, guarded) }]);
    }
    this.#report('classification', { from, to: target, boxes: unguarded });
  }

  #judgeMissing({ sources, target, delivered, ...pair }: Contact, authorised: readonly Box[]): void {
    if (this.#findings.has('missing', pair)) return;
    const always = authorised.map(byFamily).reduce(common);
    const missing = withoutAll(always, delivered.must);
    const packet = witnessIn(missing, { from: sources[0], to: target, addressing: this.#scene.addressing });
    if (packet === undefined) return;
    const witness = toWitness(packet);
    confirmed('uncertain', witness, walk(witness, { from: sources[0], to: target }, this.#scene.state));
    const rules = this.#scene.authorisation.rulesFor(pair, packet.opening);
    this.#findings.add({ kind: 'missing', ...pair, witness, rules });
  }

  /** Adds a finding with a packet of the boxes, if there is one. */
  #report(
    kind: FindingKind,
    { from, to, boxes, ...named }: { from: Seat; to: Seat; boxes: readonly Box[] } & Pick<Finding, 'former'>,
  ): void {
    const pair = { from: from.occupant.end, to: to.occupant.end };
    if (this.#findings.has(kind, { ...pair, ...named })) return;
    const packet = witnessIn(boxes, { from, to, addressing: this.#scene.addressing });
    if (packet === undefined) return;
    const witness = toWitness(packet);
    const rules = confirmed('delivered', witness, walk(witness, { from, to }, this.#scene.state));
    this.#findings.add({ kind, ...pair, ...named, witness, rules });
  }
}

import type { Policy, Rule, Tenant } from '../../events/estate.ts';
import { segmentOf } from '../../events/names.ts';
import type { Documents } from '../../projections/isolation/documents/document-fold.ts';
import type { Gap } from '../../projections/isolation/hosts/gap.ts';
import { only } from '../../projections/isolation/judging/contacts.ts';
import { boundsNotTold } from '../../projections/isolation/judging/clock-bounds.ts';
import { gapsOf } from '../../projections/isolation/judging/lanes.ts';
import type { LedgerReader } from '../ledger/port.ts';
import type { WallClock } from '../runtime/clock.ts';
import { timeOf } from '../../projections/isolation/authorised/rule-time.ts';
import type { Instant } from '../ledger/instants.ts';
import { foldAt, type Folded, type Moment } from './fold.ts';
import { unknownEnd } from './unknown-end.ts';
import { UsageError } from '../runtime/errors.ts';
import { ruleWords } from '../words/rule-words.ts';
import { Origins, type Origin, type Side } from './origins.ts';

export interface BlameQuestion {
  readonly tenant: string;
  readonly at: Instant;
  readonly clock: WallClock;
}

/** A part of a Tenant document, or of a decision about the tenant, and the event since which it stands unchanged. */
export interface BlamedPart {
  readonly what: string;
  readonly value: string;
  readonly since: Origin;
}

/** A rule in force, with its approval reference and whether its time bounds hold at the instant. */
export interface BlamedRule {
  readonly side: Side;
  readonly rule: Rule;
  readonly state: 'open' | 'not open yet' | 'lapsed';
  readonly approval: string | null;
  readonly since: Origin;
}

/** The answer of the `blame` command, as its JSON has it. */
export interface Blame {
  readonly formatVersion: 1;
  readonly at: Moment;
  readonly tenant: string;
  readonly parts: readonly BlamedPart[];
  readonly rules: readonly BlamedRule[];
  /** What is not known of the instant: with a gap the documents may be others by then. */
  readonly gaps: readonly Gap[];
}

/**
 * Tells who put each part of a tenant's documents in force, when and why. Throws UnknownEnd if there is no such
 * tenant at the instant, UsageError for an external, NoSuchInstant, and the errors of reading a ledger.
 */
export async function blame(
  ledger: LedgerReader,
  { tenant: name, at, clock }: BlameQuestion,
): Promise<Blame> {
  const origins = new Origins();
  const { state, moment, known } = await foldAt(ledger, at, clock, {
    also: ({ entries }) => {
      for (const entry of entries) origins.take(entry);
    },
  });
  const { documents } = state;
  const tenant = documents.tenants.get(name);
  if (tenant === undefined) {
    if (documents.externals.has(name))
      throw new UsageError(
        `${name} is an external, and blame is about tenants: isoledger log --tenant ${name} tells what became of it`,
      );
    const during = { from: moment, to: moment };
    throw await unknownEnd(ledger, { name, known: documents.tenants.keys(), during });
  }
  return {
    formatVersion: 1,
    at: moment,
    tenant: name,
    parts: partsOf(tenant, documents, origins),
    rules: rulesOf(name, { documents, origins, instant: moment.time }),
    gaps: [
      ...gapsOf('intended', { state, instant: moment.time, wanted: only([]) }, known),
      ...boundsOf(documents.policies.get(name), moment.time, known),
    ],
  };
}

/** Whether a rule of one's own has opened is told here, whatever it changes. */
function boundsOf(policy: Policy | undefined, instant: string, known: Folded['known']): Gap[] {
  return policy === undefined ? [] : boundsNotTold(policy, instant, known).map(({ gap }) => gap);
}

function partsOf(tenant: Tenant, documents: Documents, origins: Origins): BlamedPart[] {
  const { tenant: name, classification, isolation, intraTenant, segments, services } = tenant;
  const placement = origins.placement(name);
  const qos = documents.policies.get(name)?.qos;
  const of = (aspect: string): Origin | undefined => origins.tenant(name, aspect);
  return [
    part('tenant', name, of('')),
    part('quarantine', 'cut off from everyone else', origins.quarantine(name)),
    part('classification', classification, of('classification')),
    part('isolation', isolation, of('isolation')),
    part('intraTenant', intraTenant, of('intraTenant')),
    part('shard', String(placement?.value), placement?.since),
    ...segments.flatMap((segment) => [
      ...part('segment', segment, of(`segment ${segment}`)),
      ...part(
        'quarantine',
        `segment ${segment} cut off from everything else`,
        origins.quarantineOfEnd(segmentOf(name, segment)),
      ),
    ]),
    ...services.flatMap((service) => part('service', service.name, of(`service ${service.name}`))),
    part('qos', rateWords(qos), origins.qos(name)),
  ].flat();
}

function part(what: string, value: string, since: Origin | undefined): BlamedPart[] {
  return since === undefined ? [] : [{ what, value, since }];
}

/** Rates are bits per second. */
function rateWords(qos: { egress?: string | undefined; ingress?: string | undefined } = {}): string {
  const { egress, ingress } = qos;
  return [
    ...(egress === undefined ? [] : [`egress ${egress} bit/s`]),
    ...(ingress === undefined ? [] : [`ingress ${ingress} bit/s`]),
  ].join(', ');
}

function rulesOf(
  tenant: string,
  { documents, origins, instant }: { documents: Documents; origins: Origins; instant: string },
): BlamedRule[] {
  const policy = documents.policies.get(tenant);
  return (['egress', 'ingress'] as const).flatMap((side) =>
    sorted(policy?.[side] ?? []).flatMap((rule) => {
      const since = origins.rule(tenant, side, rule.id);
      const state = stateWords[timeOf(rule, instant)];
      return since === undefined ? [] : [{ side, rule, state, approval: rule.guard ?? null, since }];
    }),
  );
}

const stateWords = { open: 'open', ahead: 'not open yet', over: 'lapsed' } as const;

/** Sorted for people, who look for a name: policies keep rules by their ids, which say nothing to them. */
function sorted(rules: readonly Rule[]): Rule[] {
  const keyed = rules.map((rule) => ({ rule, words: ruleWords(rule) }));
  return keyed.sort((a, b) => (a.words < b.words ? -1 : 1)).map(({ rule }) => rule);
}

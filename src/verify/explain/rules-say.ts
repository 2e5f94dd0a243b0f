import { defined } from '../../../events/codec/defined.ts';
import { tenantOf } from '../../../events/names.ts';
import type { Authorisation } from '../../../projections/isolation/authorised/authorisation.ts';
import type { Pair } from '../../../projections/isolation/pair.ts';
import { intersect, isNothing, type Traffic } from '../../../projections/isolation/header-sets/traffic.ts';
import type { FormerRule, Origins, Side } from '../origins.ts';
import { ruleWords } from '../../words/rule-words.ts';
import { trafficWords } from '../traffic-rows.ts';
import type { Given, Missing } from './answer.ts';
import { allows, includes, type RuleReader, type RuleReading } from './readings.ts';
import { waitUntil } from './waiting.ts';

/** Everything that explaining the documents of one instant needs. */
export interface DocumentView {
  readonly authorisation: Authorisation;
  readonly reader: RuleReader;
  readonly origins: Origins;
}

/** The reasons for a flow, and the obstacles to it. */
export interface Grounds {
  readonly given: readonly Given[];
  readonly missing: readonly Missing[];
}

/** The traffic of every rule for a pair, in force or withdrawn. Between these cuts the explanation is the same. */
export function cutsFor(pair: Pair, view: DocumentView): Traffic[] {
  const readings = (['egress', 'ingress'] as const).flatMap((side) => [
    ...view.reader.rules(pair, side),
    ...formerOf(pair, side, view).map(({ reading }) => reading),
  ]);
  return readings
    .filter(({ about }) => about === 'pair')
    .flatMap(({ asked, traffic }) => (asked === traffic ? [asked] : [asked, traffic]));
}

/** The reasons and obstacles in the rules of one side's own tenant. */
export function sideSays(pair: Pair, side: Side, part: Traffic, view: DocumentView): Grounds {
  const readings = view.reader.rules(pair, side);
  const allowing = readings.filter((reading) => allows(reading, part));
  if (allowing.length > 0)
    return { given: allowing.flatMap((reading) => givenBy(reading, view)), missing: [] };
  const onPair = readings.filter(({ about }) => about === 'pair');
  const late = onPair.filter(({ time, traffic }) => time !== 'open' && includes(traffic, part));
  const bound = onPair.filter(({ time, asked }) => time === 'open' && includes(asked, part));
  if (late.length + bound.length > 0) {
    return {
      given: [],
      missing: [
        ...late.map((reading) => outOfTime(reading, { pair, part }, view)),
        ...bound.map((reading) => serviceBound(reading, view)),
      ],
    };
  }
  return { given: [], missing: [noRule(pair, { side, part, readings }, view)] };
}

function givenBy({ tenant, side, rule, service }: RuleReading, { origins }: DocumentView): Given[] {
  const origin = origins.rule(tenant, side, rule.id);
  const given: Given = {
    kind: 'rule',
    whose: tenant,
    words: `${tenant} lets it ${side === 'egress' ? 'out' : 'in'}: ${ruleWords(rule)}`,
    side,
    rule,
    ...defined({ origin }),
  };
  if (service === undefined) return [given];
  const offered = origins.tenant(service.tenant, `service ${service.name}`);
  const meaning: Given = {
    kind: 'service',
    whose: service.tenant,
    words: `${service.name} is a service of ${service.tenant}: ${trafficWords(service.offers)} at ${service.segment}`,
    ...defined({ origin: offered }),
  };
  return [given, meaning];
}

function outOfTime(
  reading: RuleReading,
  asked: { readonly pair: Pair; readonly part: Traffic },
  { origins, reader }: DocumentView,
): Missing {
  const { tenant, side, rule, time } = reading;
  const origin = origins.rule(tenant, side, rule.id);
  const when =
    time === 'ahead'
      ? `is not open yet: it opens at ${rule.from?.instant ?? ''}`
      : `has lapsed: it ended at ${rule.expires?.instant ?? ''}`;
  return {
    in: 'documents',
    kind: time === 'ahead' ? 'not-open-yet' : 'lapsed',
    whose: tenant,
    words: `${tenant} has a rule for it that ${when} (${ruleWords(rule)})`,
    side,
    rule,
    ...(time === 'ahead' ? { waitUntil: waitUntil(reading, asked, reader) } : {}),
    ...defined({ origin }),
  };
}

function serviceBound({ tenant, side, rule, service }: RuleReading, { origins }: DocumentView): Missing {
  const origin = service && origins.tenant(service.tenant, `service ${service.name}`);
  const offers =
    service === undefined
      ? ''
      : `${service.name} of ${service.tenant} offers ${trafficWords(service.offers)} only`;
  return {
    in: 'documents',
    kind: 'service-bound',
    whose: tenant,
    words: `${tenant} has a rule that asks for it (${ruleWords(rule)}), but names a service that bounds it: ${offers}`,
    side,
    rule,
    ...defined({ origin }),
  };
}

function noRule(
  pair: Pair,
  { side, part, readings }: { side: Side; part: Traffic; readings: readonly RuleReading[] },
  view: DocumentView,
): Missing {
  const whose = tenantOf(side === 'egress' ? pair.from : pair.to) ?? '';
  const peer = side === 'egress' ? pair.to : pair.from;
  const near = nearest(readings);
  const [former] = formerOf(pair, side, view).filter(
    ({ reading }) => !isNothing(intersect(reading.traffic, part)),
  );
  const lacks = `no ${side} rule of ${whose} covers it`;
  const shown = near.slice(0, nearMax).map(ruleWords);
  const more = near.length > nearMax ? [`${String(near.length - nearMax)} more`] : [];
  const none = `it has none for ${tenantOf(peer) ?? peer}`;
  const has = near.length === 0 ? none : `it has: ${[...shown, ...more].join('; ')}`;
  const had = former === undefined ? [] : [`a rule that did was withdrawn (${ruleWords(former.rule)})`];
  return {
    in: 'documents',
    kind: 'no-rule',
    whose,
    words: [lacks, has, ...had].join('; '),
    side,
    near,
    ...defined({ origin: former?.until }),
  };
}

/** The most near rules that are put in words. The answer has all of them beside. */
const nearMax = 3;

/** Rules for the same pair and other traffic; if there are none, rules that name the other end's holder. */
function nearest(readings: readonly RuleReading[]): RuleReading['rule'][] {
  const onPair = readings.filter(({ about }) => about === 'pair');
  const near = onPair.length > 0 ? onPair : readings.filter(({ about }) => about === 'peer');
  return near.map(({ rule }) => rule);
}

/** Withdrawn rules that covered the pair, the latest first. */
function formerOf(
  pair: Pair,
  side: Side,
  { origins, reader }: DocumentView,
): (FormerRule & { readonly reading: RuleReading })[] {
  const tenant = tenantOf(side === 'egress' ? pair.from : pair.to);
  if (tenant === undefined) return [];
  return origins
    .former(tenant)
    .filter((former) => former.side === side)
    .map((former) => ({ ...former, reading: reader.read(former.rule, { pair, side }) }))
    .filter(({ reading }) => reading.about === 'pair')
    .sort((a, b) => b.until.seq - a.until.seq);
}

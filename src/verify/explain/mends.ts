import { segmentOf, tenantOf } from '../../../events/names.ts';
import type { Authorisation } from '../../../projections/isolation/authorised/authorisation.ts';
import type { Pair } from '../../../projections/isolation/pair.ts';
import type { Documents } from '../../../projections/isolation/documents/document-fold.ts';
import type { Traffic } from '../../../projections/isolation/header-sets/traffic.ts';
import type { Side } from '../origins.ts';
import { trafficRows } from '../traffic-rows.ts';
import type { Mend, Missing, WrittenRule } from './answer.ts';
import { includes } from './readings.ts';
import { mendsOfLapse, mendsOfOpening, type Reasons } from './waiting.ts';

/** The ways to allow the traffic between all of the pairs, by what is missing. Those in the documents come first. */
export function mendsFor(
  answer: Reasons & { readonly pairs: readonly Pair[]; readonly traffic: Traffic },
  authorisation: Authorisation,
): Mend[] {
  const { pairs, traffic, missing } = answer;
  const mends = missing.flatMap((one): Mend[] => {
    const { side } = one;
    switch (one.kind) {
      case 'no-rule':
      case 'service-bound':
        return side === undefined ? [] : ruleMends({ pairs, traffic, side }, authorisation);
      case 'lapsed':
        return mendsOfLapse(
          one,
          answer,
          pairs.some((pair) => authorisation.guardSide(pair) === side),
        );
      case 'not-open-yet':
        return mendsOfOpening(one, answer);
      case 'not-planned':
      case 'not-cut':
        // Nothing is planned for a shard that is held: what resumes it is told beside.
        return missing.some(({ kind, whose }) => kind === 'held' && whose === one.whose)
          ? []
          : otherMends(one);
      default:
        return otherMends(one);
    }
  });
  return unique([...mends, ...guardMends({ pairs, traffic, mends }, authorisation)]);
}

function otherMends({ kind, whose }: Missing): Mend[] {
  const words = (text: string): Mend[] => [{ kind: 'words', words: text }];
  switch (kind) {
    case 'quarantine':
      return words(`isoledger release ${whose} ends the quarantine`);
    case 'air-gap':
      return words(`nothing, as long as the Tenant document of ${whose} says isolation: air-gapped`);
    case 'outside':
      return words("nothing: what passes between two externals is not the overlay's to allow");
    case 'nobody-attached':
      return words(`attach an endpoint: the Endpoints document of ${tenantOf(whose) ?? whose}`);
    case 'no-gateway':
      return words(`give ${whose} a gateway in its External document`);
    case 'on-no-shard':
      return words(
        `name a shard in the Tenant document of ${whose}, or attach its endpoints to hosts of one`,
      );
    case 'not-planned':
    case 'not-acknowledged':
      return words('isoledger sync drives the hosts there');
    case 'not-cut':
      return words('isoledger sync cuts it');
    case 'drifted':
      return words(`isoledger sync puts ${whose} right`);
    case 'held':
      return words(`isoledger rebuild --shard ${whose} --resume lets ${whose} follow the events again`);
    case 'no-rule':
    case 'not-open-yet':
    case 'lapsed':
    case 'service-bound':
    case 'unexplained':
      return [];
  }
}

/** The fewest rules on one side that name exactly the pairs. The name of a tenant stands for all of its segments. */
function ruleMends(
  { pairs, traffic, side }: { pairs: readonly Pair[]; traffic: Traffic; side: Side },
  authorisation: Authorisation,
): Mend[] {
  const { documents } = authorisation;
  const own = pairs.map(({ from, to }) => (side === 'egress' ? from : to));
  const peers = pairs.map(({ from, to }) => (side === 'egress' ? to : from));
  const tenant = tenantOf(own[0] ?? '') ?? '';
  const product = new Set(own).size * new Set(peers).size === pairs.length;
  const needsGuard = pairs.some((pair) => authorisation.guardSide(pair) === side);
  const named = product
    ? coversOf(own, documents).flatMap((one) => coversOf(peers, documents).map((peer) => ({ one, peer })))
    : pairs.map((_, index) => ({ one: own[index] ?? '', peer: peers[index] ?? '' }));
  return named.flatMap(({ one, peer }) =>
    trafficOfRules(traffic).map((spoken) => {
      const rule: WrittenRule = {
        ...(side === 'egress' ? { destination: peer } : { source: peer }),
        ...(one === tenant ? {} : { segment: one.slice(tenant.length + 1) }),
        ...spoken,
        ...(needsGuard ? { guard: '<approval reference>' } : {}),
      };
      return { kind: 'rule', tenant, side, rule, yaml: yamlOf(rule) };
    }),
  );
}

/** Names that stand for ends: the tenant's name if the ends are all of its segments. */
function coversOf(ends: readonly string[], { tenants }: Documents): string[] {
  const distinct = [...new Set(ends)];
  const tenant = tenantOf(distinct[0] ?? '') ?? '';
  const segments = tenants.get(tenant)?.segments.map((segment) => segmentOf(tenant, segment)) ?? [];
  const whole = segments.length > 1 && segments.every((segment) => distinct.includes(segment));
  return whole ? [tenant] : distinct;
}

/** Protocol and ports as rules may say them: a rule cannot name port 0, nor protocols that have no name here. */
function trafficOfRules(traffic: Traffic): Pick<WrittenRule, 'protocol' | 'ports'>[] {
  if (traffic.other) return [{ protocol: 'any' }];
  return trafficRows(traffic).map(({ protocol, ports }) => {
    const ranges = ports.split(',');
    if (ports === '*' || ranges.some((range) => /^0(-|$)/.test(range))) return { protocol };
    return { ports: ranges.map((range) => (range.includes('-') ? range : Number(range))), protocol };
  });
}

/** The side that has to carry the guard may be the side that allows the flow already, without a guard. */
function guardMends(
  { pairs, traffic, mends }: { pairs: readonly Pair[]; traffic: Traffic; mends: readonly Mend[] },
  authorisation: Authorisation,
): Mend[] {
  const mended = new Set(mends.filter((mend) => mend.kind === 'rule').map(({ side }) => side));
  if (mended.size === 0) return [];
  const lacking = pairs.filter((pair) => {
    const side = authorisation.guardSide(pair);
    const guarded = authorisation.guarded(pair);
    return side !== undefined && !mended.has(side) && guarded !== undefined && !includes(guarded, traffic);
  });
  const [pair] = lacking;
  if (pair === undefined) return [];
  const side = authorisation.guardSide(pair);
  const tenant = tenantOf(side === 'egress' ? pair.from : pair.to) ?? '';
  const words = `the ${side ?? ''} rule of ${tenant} needs a guard: (approval reference), since the classifications differ`;
  return [{ kind: 'words', words }];
}

/** One line of a rule list in a Policy document. */
function yamlOf({ destination, source, segment, ports, protocol, guard }: WrittenRule): string {
  const fields = [
    ...(destination === undefined ? [] : [`destination: ${scalar(destination)}`]),
    ...(source === undefined ? [] : [`source: ${scalar(source)}`]),
    ...(segment === undefined ? [] : [`segment: ${scalar(segment)}`]),
    ...(ports === undefined ? [] : [`ports: [${ports.join(', ')}]`]),
    `protocol: ${protocol}`,
    ...(guard === undefined ? [] : [`guard: ${scalar(guard)}`]),
  ];
  return `- { ${fields.join(', ')} }`;
}

/** Plain if YAML reads the text as that text, else in quotes. */
function scalar(text: string): string {
  const plain = /^[a-z][a-z0-9/-]*$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$/.test(text);
  return plain ? text : JSON.stringify(text);
}

function unique(mends: readonly Mend[]): Mend[] {
  return [...new Map(mends.map((mend) => [JSON.stringify(mend), mend])).values()];
}

import type { WrittenPolicy, WrittenTraffic } from './documents.ts';
import type { Addition } from './rules.ts';
import { trafficKey } from './traffic.ts';

/** The rules of a policy, egress first. */
export function rulesOf({ tenant, egress = [], ingress = [] }: WrittenPolicy): Addition[] {
  return [
    ...egress.map((rule): Addition => ({ tenant, side: 'egress', rule })),
    ...ingress.map((rule): Addition => ({ tenant, side: 'ingress', rule })),
  ];
}

/** The same policy with these rules and no others; a rule that says the same as one before it is left out. */
export function withRules(policy: WrittenPolicy, additions: readonly Addition[]): WrittenPolicy {
  const { kind, tenant, qos } = policy;
  const distinct = [...new Map(additions.map((each) => [ruleKey(each), each])).values()];
  const egress = distinct.flatMap((each) => (each.side === 'egress' ? [each.rule] : []));
  const ingress = distinct.flatMap((each) => (each.side === 'ingress' ? [each.rule] : []));
  return {
    kind,
    tenant,
    ...(egress.length === 0 ? {} : { egress }),
    ...(ingress.length === 0 ? {} : { ingress }),
    ...(qos === undefined ? {} : { qos }),
  };
}

/** One text for a rule, however its protocol and ports are written. */
export function ruleKey({ side, rule }: Addition): string {
  const { segment, guard, from, expires } = rule;
  const peer = 'source' in rule ? rule.source : rule.destination;
  return JSON.stringify([side, peer, segment, trafficKey(rule), guard, from, expires]);
}

/** The same rule for other protocols and ports. */
export function withTraffic(addition: Addition, traffic: WrittenTraffic): Addition {
  if (addition.side === 'egress')
    return { ...addition, rule: { ...withoutTraffic(addition.rule), ...traffic } };
  return { ...addition, rule: { ...withoutTraffic(addition.rule), ...traffic } };
}

function withoutTraffic<Rule extends WrittenTraffic>(rule: Rule): Rule {
  const rest = { ...rule };
  delete rest.protocol;
  delete rest.ports;
  return rest;
}

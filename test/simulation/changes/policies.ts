import { ofKind, type WrittenPolicy } from '../../bench/estate/documents.ts';
import { withDocument, type Estate } from '../../bench/estate/estate.ts';
import { mutateEstate } from '../../bench/estate/mutate.ts';
import { rulesOf, withRules } from '../../bench/estate/policy-edits.ts';
import type { Addition } from '../../bench/estate/rules.ts';
import { changeTo, oneOf, type Change, type Changer } from './change.ts';

/** A rule, a service, an endpoint or an external's prefixes change, as they do in benchmarks. */
export const ordinary: Changer = (estate, random) => {
  try {
    const { estate: after, document, change } = mutateEstate(estate, random.below(2 ** 32));
    return { kind: 'ordinary', words: change, estate: after, changed: [document], removes: false };
  } catch (fault) {
    // Thrown where there is nothing in the estate that could be changed.
    if (fault instanceof RangeError) return undefined;
    throw fault;
  }
};

/** A rule gets bounds in time that pass soon, or have just passed. */
export const timeBounds: Changer = (estate, random, now) => {
  const policy = oneOf(random, ofKind(estate.documents, 'Policy'));
  const rules = policy === undefined ? [] : rulesOf(policy);
  const rule = oneOf(random, rules);
  if (policy === undefined || rule === undefined) return undefined;
  const at = (seconds: number): string => new Date(Date.parse(now) + seconds * 1000).toISOString();
  const opens = random.below(300) - 60;
  const lapses = opens + 1 + random.below(600);
  const from = random.chance(0.6) ? { from: at(opens) } : {};
  const expires = random.chance(0.7) ? { expires: at(lapses) } : {};
  const bounded = withBounds(rule, { ...from, ...expires });
  const document = withRules(policy, rules.with(rules.indexOf(rule), bounded));
  return replaced(estate, document, {
    kind: 'time bounds',
    words: `${policy.tenant}: a rule bounded in time`,
  });
};

function withBounds(addition: Addition, bounds: { from?: string; expires?: string }): Addition {
  if (addition.side === 'egress') return { ...addition, rule: { ...unbounded(addition.rule), ...bounds } };
  return { ...addition, rule: { ...unbounded(addition.rule), ...bounds } };
}

function unbounded<Rule extends { from?: string; expires?: string }>(rule: Rule): Rule {
  const copy = { ...rule };
  delete copy.from;
  delete copy.expires;
  return copy;
}

/** A policy goes altogether. */
export const revocation: Changer = (estate, random) => {
  const policy = oneOf(random, ofKind(estate.documents, 'Policy'));
  if (policy === undefined) return undefined;
  const documents = estate.documents.filter((document) => document !== policy);
  return changeTo(
    estate,
    { documents },
    { kind: 'policy goes', words: `${policy.tenant}: no policy any more` },
  );
};

/** A tenant rules the traffic between its own segments, or no longer does. */
export const ownSegments: Changer = (estate, random) => {
  const tenant = oneOf(random, ofKind(estate.documents, 'Tenant'));
  if (tenant === undefined) return undefined;
  const intraTenant = tenant.intraTenant === 'segments' ? ('allow' as const) : ('segments' as const);
  return replaced(
    estate,
    { ...tenant, intraTenant },
    {
      kind: 'own segments',
      words: `${tenant.tenant}: ${intraTenant} within`,
    },
  );
};

function replaced(
  estate: Estate,
  document: Estate['documents'][number],
  what: { kind: string; words: string },
): Change {
  return changeTo(estate, { documents: withDocument(estate.documents, document) }, what);
}

/** The documents without whatever names a tenant, one of its segments, or one of its services. */
export function withoutNaming(
  documents: Estate['documents'],
  names: (name: string) => boolean,
): Estate['documents'] {
  return documents.flatMap((document): Estate['documents'] => {
    if (document.kind !== 'Policy') return [document];
    const rules = rulesOf(document);
    const kept = rules.filter(({ rule }) => !names('source' in rule ? rule.source : rule.destination));
    if (kept.length === rules.length) return [document];
    return withRulesOrNone(document, kept);
  });
}

function withRulesOrNone(policy: WrittenPolicy, rules: readonly Addition[]): WrittenPolicy[] {
  return rules.length === 0 && policy.qos === undefined ? [] : [withRules(policy, rules)];
}

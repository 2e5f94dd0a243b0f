import { defined } from '../../../events/codec/defined.ts';
import { tenantOf } from '../../../events/names.ts';
import type { Pair } from '../../../projections/isolation/pair.ts';
import type { Traffic } from '../../../projections/isolation/header-sets/traffic.ts';
import type { Origin } from '../origins.ts';
import { trafficWords } from '../traffic-rows.ts';
import type { Given, Missing } from './answer.ts';
import { includes } from './readings.ts';
import { sideSays, type DocumentView, type Grounds } from './rules-say.ts';

/** The verdict of the documents on one kind of traffic between a pair, and the reasons for it. */
export interface DocumentAnswer {
  readonly allowed: boolean;
  readonly given: readonly Given[];
  readonly missing: readonly Missing[];
}

/**
 * The reasons for and against, for traffic that no rule divides (see cutsFor). Throws if the isolation engine comes
 * to another verdict: then neither could be believed.
 */
export function documentsSay(pair: Pair, part: Traffic, view: DocumentView): DocumentAnswer {
  const allowed = includes(view.authorisation.between(pair), part);
  const { given, missing } = groundsOf(pair, part, view);
  const cut = quarantines(pair, view);
  const all = [...cut, ...missing];
  if (allowed !== (all.length === 0)) {
    const verdict = allowed ? 'allowed' : 'denied';
    throw new Error(
      `${pair.from} to ${pair.to} ${trafficWords(part)} is ${verdict}, and is explained otherwise`,
    );
  }
  return { allowed, given, missing: all };
}

function groundsOf(pair: Pair, part: Traffic, view: DocumentView): Grounds {
  const { from, to } = pair;
  const [source, target] = [tenantOf(from), tenantOf(to)];
  if (from === to) return { given: [ownSegment(source ?? from)], missing: [] };
  if (source === undefined && target === undefined) {
    const words = 'both ends lie outside the overlay, which carries nothing from one to the other';
    return { given: [], missing: [{ in: 'documents', kind: 'outside', whose: from, words }] };
  }
  const tenant = view.authorisation.documents.tenants.get(source ?? '');
  if (source === target && tenant?.intraTenant === 'allow')
    return { given: [intraTenant(tenant, view)], missing: [] };
  const gaps = airGaps(pair, view);
  if (gaps.length > 0) return { given: [], missing: gaps };
  const egress = source === undefined ? outside(from, target, view) : sideSays(pair, 'egress', part, view);
  const ingress = target === undefined ? outside(to, source, view) : sideSays(pair, 'ingress', part, view);
  const waiting = (one: Grounds, other: Grounds): readonly Missing[] =>
    other.missing.length > 0 || source === target || source === undefined || target === undefined
      ? one.missing
      : asWaiting(one.missing);
  return {
    given: [...egress.given, ...ingress.given],
    missing: [...waiting(egress, ingress), ...waiting(ingress, egress)],
  };
}

/**
 * One side allows the flow. What is waited for is an instant, if the other side has a rule that opens in time, or else the
 * other side's consent.
 */
function asWaiting(missing: readonly Missing[]): Missing[] {
  const isInTime = missing.some(({ waitUntil }) => typeof waitUntil === 'string');
  return missing.map((one) => {
    if (typeof one.waitUntil === 'string')
      return { ...one, words: `waiting until ${one.waitUntil}: ${one.words}` };
    return isInTime ? one : { ...one, words: `waiting for ${one.whose}: ${one.words}` };
  });
}

function ownSegment(whose: string): Given {
  return {
    kind: 'own-segment',
    whose,
    words: 'inside one segment everything may talk to everything; no rule is needed',
  };
}

function intraTenant({ tenant }: { readonly tenant: string }, { origins }: DocumentView): Given {
  const origin = origins.tenant(tenant, 'intraTenant');
  return {
    kind: 'intra-tenant',
    whose: tenant,
    words: `${tenant} lets its segments talk to each other (intraTenant: allow in its Tenant document)`,
    ...defined({ origin }),
  };
}

function outside(external: string, tenant: string | undefined, { origins }: DocumentView): Grounds {
  const origin = origins.external(external);
  const words = `${external} lies outside the overlay: the rule of ${tenant ?? 'the tenant'} alone decides`;
  return {
    given: [{ kind: 'external', whose: external, words, ...defined({ origin }) }],
    missing: [],
  };
}

/** Air-gapped tenants at the two ends. If such a tenant keeps its own segments apart, no rule can join them. */
function airGaps({ from, to }: Pair, { authorisation, origins }: DocumentView): Missing[] {
  const [source, target] = [tenantOf(from), tenantOf(to)];
  return [...new Set([source, target])].flatMap((name) => {
    const tenant = authorisation.documents.tenants.get(name ?? '');
    if (tenant?.isolation !== 'air-gapped') return [];
    const { tenant: whose } = tenant;
    const origin = origins.tenant(whose, 'isolation');
    const words =
      source === target
        ? `${whose} is air-gapped, so that rules of its own count for nothing, and keeps its segments apart (intraTenant: segments)`
        : `${whose} is air-gapped: no rule may ever name it, and nothing gets in or out`;
    return [{ in: 'documents', kind: 'air-gap', whose, words, ...defined({ origin }) }];
  });
}

/** The ends and tenants of a pair that are in quarantine, if that cuts the two ends from each other. */
function quarantines(pair: Pair, { authorisation, origins }: DocumentView): Missing[] {
  if (!authorisation.isCut(pair)) return [];
  const { quarantinedTenants, quarantinedEnds } = authorisation.documents;
  const [source, target] = [tenantOf(pair.from) ?? '', tenantOf(pair.to) ?? ''];
  const ends = [pair.from, pair.to].filter((end) => quarantinedEnds.has(end));
  const tenants = source === target ? [] : [source, target].filter((name) => quarantinedTenants.has(name));
  return [
    ...ends.map((end) => inQuarantine(end, origins.quarantineOfEnd(end))),
    ...tenants.map((tenant) => inQuarantine(tenant, origins.quarantine(tenant))),
  ];
}

function inQuarantine(whose: string, origin: Origin | undefined): Missing {
  const tenant = tenantOf(whose);
  const also = tenant === undefined ? '' : `, also from the other segments of ${tenant}`;
  return {
    in: 'documents',
    kind: 'quarantine',
    whose,
    words: `${whose} is in quarantine, which cuts it off above every rule until it is released${also}`,
    ...defined({ origin }),
  };
}

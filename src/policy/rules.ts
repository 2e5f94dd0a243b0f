import { defined } from '../../events/codec/defined.ts';
import { digestOf } from '../../events/codec/canonical.ts';
import type { Bound, EgressRule, IngressRule } from '../../events/estate.ts';
import type { Protocol } from '../../events/names.ts';
import type { DocumentReader, Indexed } from './document-reader.ts';
import type { FieldDoc } from './field-doc.ts';
import { fieldSet } from './fields.ts';
import {
  destination,
  destinationForm,
  guard,
  guardForm,
  name,
  nameForm,
  source,
  sourceForm,
} from './names.ts';
import { compareText, type KeyPath } from './place.ts';
import { trafficDocs, trafficShape, type PortRange } from './ports.ts';
import { orderFlaw, timeBound, timeBoundForm } from './time-bound.ts';
import { readPorts, trafficOf } from './traffic.ts';

const ruleShape = {
  segment: name.exactOptional(),
  ...trafficShape,
  guard: guard.exactOptional(),
  from: timeBound.exactOptional(),
  expires: timeBound.exactOptional(),
};
const ruleDocs = {
  segment: {
    says: "Narrows the tenant's own side to one of its segments.",
    form: nameForm,
    example: 'web',
    absent: "all of the tenant's segments",
  },
  ...trafficDocs('what the named service offers, or everything where no service is named'),
  guard: {
    says: 'The approval that lets the rule cross classifications. It counts while the rule is open.',
    form: guardForm,
    example: 'CHG-4711',
    absent: 'the rule crosses none',
    alsoCalled: ['approval', 'ticket', 'approvedBy'],
  },
  from: {
    says: 'When the rule begins to hold.',
    form: timeBoundForm,
    example: '2026-12-31T18:00:00[Europe/Berlin]',
    absent: 'at once',
    alsoCalled: ['begins', 'start', 'notBefore', 'validFrom'],
  },
  expires: {
    says: 'When the rule ends: at this instant it holds no longer.',
    form: timeBoundForm,
    example: '2027-01-31T18:00:00+01:00',
    absent: 'never',
    alsoCalled: ['until', 'ends', 'end', 'expiry', 'notAfter', 'validUntil'],
  },
} satisfies Record<string, FieldDoc>;

export const egressFields = fieldSet(
  { destination, ...ruleShape },
  {
    destination: {
      says: 'Who may be reached. A service bounds the rule by what it offers.',
      form: destinationForm,
      example: 'service-x',
      alsoCalled: ['to', 'target', 'dst', 'dest', 'peer'],
    },
    ...ruleDocs,
  },
);
export const ingressFields = fieldSet(
  { source, ...ruleShape },
  {
    source: {
      says: 'Who may come in; "*" is every tenant that is not air-gapped, and never an external.',
      form: sourceForm,
      example: 'vpn-gateway',
      alsoCalled: ['src', 'origin', 'peer', 'client'],
    },
    ...ruleDocs,
  },
);

/** The fields that egress and ingress rules share, as far as they could be read. */
interface RuleFields {
  readonly segment?: string | undefined;
  readonly protocol?: Protocol | undefined;
  readonly ports?: readonly unknown[] | undefined;
  readonly guard?: string | undefined;
  readonly from?: Bound | undefined;
  readonly expires?: Bound | undefined;
}

/** The right egress rules, each with its index as written. Wrong rules are reported. */
export function readEgress(
  reader: DocumentReader,
  values: readonly unknown[],
): Indexed<Omit<EgressRule, 'id'>>[] {
  return values.flatMap((each, index) => {
    const path = ['egress', index];
    const { whole, known } = reader.fields(egressFields, each, path);
    const ranges = checkRule(reader, known ?? {}, path);
    return whole ? [{ index, value: { destination: whole.destination, ...bodyOf(whole, ranges) } }] : [];
  });
}

/** The right ingress rules, each with its index as written. Wrong rules are reported. */
export function readIngress(
  reader: DocumentReader,
  values: readonly unknown[],
): Indexed<Omit<IngressRule, 'id'>>[] {
  return values.flatMap((each, index) => {
    const path = ['ingress', index];
    const { whole, known } = reader.fields(ingressFields, each, path);
    const ranges = checkRule(reader, known ?? {}, path);
    return whole ? [{ index, value: { source: whole.source, ...bodyOf(whole, ranges) } }] : [];
  });
}

/** Judges the fields of a rule that depend on each other, and returns its ports. */
function checkRule(reader: DocumentReader, rule: RuleFields, path: KeyPath): PortRange[] {
  const { from, expires } = rule;
  const flaw = from === undefined || expires === undefined ? undefined : orderFlaw(from, expires);
  if (flaw !== undefined) reader.report([...path, 'expires'], flaw);
  return readPorts(reader, rule, path);
}

function bodyOf(rule: RuleFields, ranges: readonly PortRange[]): Omit<EgressRule, 'id' | 'destination'> {
  const { segment, guard: approval, from, expires } = rule;
  return {
    ...trafficOf(rule, ranges),
    ...defined({ segment, guard: approval, from, expires }),
  };
}

/**
 * Gives each rule its id, merges exact duplicates, and sorts by id. The id is the first 24 hexadecimal digits of the
 * SHA-256 over tenant, side and rule: an unchanged rule keeps its id.
 */
export function identifyRules<Rule extends object>(options: {
  tenant: string;
  side: 'egress' | 'ingress';
  rules: readonly Indexed<Rule>[];
}): { rules: (Rule & { id: string })[]; indexes: Map<string, number> } {
  const { tenant, side } = options;
  const byId = new Map<string, Indexed<Rule & { id: string }>>();
  for (const { value: rule, index } of options.rules) {
    const id = digestOf({ tenant, side, rule }).slice(0, 24);
    if (!byId.has(id)) byId.set(id, { index, value: { ...rule, id } });
  }
  const rules = Array.from(byId.values(), ({ value }) => value);
  return {
    rules: rules.sort((a, b) => compareText(a.id, b.id)),
    indexes: new Map(Array.from(byId, ([id, { index }]) => [id, index])),
  };
}

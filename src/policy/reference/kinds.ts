import type { DocumentKind } from '../../../events/documents.ts';
import { endpointsFields } from '../endpoints-document.ts';
import { externalFields } from '../external-document.ts';
import type { DescribedFields } from '../field-doc.ts';
import { hostFields } from '../host-document.ts';
import type { Installation } from '../installation.ts';
import { policyFields, policyKeys } from '../policy-document.ts';
import { shardFields } from '../shard-document.ts';
import { tenantFields } from '../tenant-document.ts';

/** A kind of document, as it is told to people and editors. */
export interface DescribedKind {
  readonly kind: DocumentKind;
  readonly says: string;
  readonly fields: DescribedFields;
  /** A document may leave its kind out if it has one of these keys. */
  readonly impliedBy: readonly string[];
}

/** Every kind of document, described by the fields that its reader takes. */
export function describedKinds(installation: Installation): readonly DescribedKind[] {
  return [
    kind('Tenant', 'a tenant: its segments, what it offers, how secret it is', tenantFields),
    impliedKind(kind('Policy', 'who a tenant may reach, and who may reach it', policyFields), policyKeys),
    kind('Endpoints', 'the workloads of a tenant, and where each is plugged in', endpointsFields),
    kind('External', 'something outside the overlay: a VPN gateway, the internet', externalFields),
    kind('Host', "a hypervisor of a shard's overlay", hostFields),
    kind('Shard', 'a part of the overlay, with hosts and VNIs of its own', shardFields(installation)),
  ];
}

function kind(name: DocumentKind, says: string, fields: DescribedFields): DescribedKind {
  return { kind: name, says, fields: { ...fields, required: ['kind', ...fields.required] }, impliedBy: [] };
}

/** A kind that may be left out beside one of some keys. */
function impliedKind(described: DescribedKind, impliedBy: readonly string[]): DescribedKind {
  const { docs, required } = described.fields;
  const absent = `${described.kind}, if the document has ${impliedBy.slice(0, -1).join(', ')} or ${impliedBy.slice(-1).join()}`;
  const withAbsent = [...docs].map(([key, doc]) => [key, key === 'kind' ? { ...doc, absent } : doc] as const);
  return {
    ...described,
    fields: { docs: new Map(withAbsent), required: required.filter((key) => key !== 'kind') },
    impliedBy,
  };
}

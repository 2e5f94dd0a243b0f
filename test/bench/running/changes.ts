import type { Document } from '../../../events/documents.ts';
import type { Policy } from '../../../events/estate.ts';
import type { Estate } from '../../../src/projector/estate-projection.ts';
import { vaultSegment } from '../estate/estate.ts';
import { ipv4, mac } from '../estate/numbering.ts';
import type { Running } from './running.ts';

/** A change of one document, and the document in force before. */
export interface DocumentEdit {
  readonly edited: Document;
  readonly before: Document;
}

/** `most` of some things, spread over all of them. */
export function spread<Item>(items: readonly Item[], most: number): readonly Item[] {
  const step = Math.max(1, Math.floor(items.length / most));
  return items.filter((_, index) => index % step === 0).slice(0, most);
}

/** Policies in force with rules to spare on both sides. */
export function richPolicies({ intended }: Estate): readonly Policy[] {
  return [...intended.policies.values()].filter(
    ({ egress, ingress }) => egress.length > 1 && ingress.length > 1,
  );
}

/** A policy without one of its egress rules; without the last one, if none is named. */
export function withoutOneRule(policy: Policy, index = policy.egress.length - 1): DocumentEdit {
  const fewer = { ...policy, egress: policy.egress.toSpliced(index, 1) };
  return { edited: { kind: 'Policy', value: fewer }, before: { kind: 'Policy', value: policy } };
}

/** So many policies that lose a rule, each so that hosts have to hear of it. Throws a RangeError where there are fewer. */
export function editsThatReachHosts(running: Running, count: number): readonly DocumentEdit[] {
  const reachHosts = ({ edited }: DocumentEdit): boolean =>
    running.plan({ documents: [edited] }).steps.length > 0;
  const edits: DocumentEdit[] = [];
  for (const policy of running.estate.intended.policies.values()) {
    const found = policy.egress.map((_, index) => withoutOneRule(policy, index)).find(reachHosts);
    if (found !== undefined) edits.push(found);
    if (edits.length === count) return edits;
  }
  throw new RangeError(`only ${edits.length} policies whose change reaches hosts`);
}

/**
 * One endpoint more for each tenant that has some, beside its first one, with addresses that nobody has: numbers from
 * `firstPort` on are free.
 */
export function moreEndpoints(
  { intended }: Estate,
  { firstPort }: { firstPort: number },
): readonly DocumentEdit[] {
  return Array.from(intended.directory.endpoints, ([tenant, byName], index): DocumentEdit[] => {
    const endpoints = [...byName.values()];
    const beside = endpoints.find(({ segment }) => segment !== vaultSegment);
    if (beside === undefined) return [];
    const port = firstPort + index;
    const added = {
      ...beside,
      ...{
        name: `${beside.segment}-${port}`,
        ips: [ipv4(port, false)],
        mac: mac(port),
        interface: `port-${port}`,
      },
    };
    const edited = [...endpoints, added].sort((one, other) => (one.name < other.name ? -1 : 1));
    return [
      {
        edited: { kind: 'Endpoints', value: { tenant, endpoints: edited } },
        before: { kind: 'Endpoints', value: { tenant, endpoints } },
      },
    ];
  }).flat();
}

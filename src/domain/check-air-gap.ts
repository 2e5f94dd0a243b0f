import { peerNamed } from '../../projections/directory/peers.ts';
import { pointAt, type Candidate, type DomainPlace, type DomainProblem } from './candidate.ts';
import { peerKey, rulesOf, wordsFor } from './check-rules.ts';
import { policiesConcerned } from './scope.ts';

/** The policy of an air-gapped tenant may have no rules, and no rule may name the tenant. `*` does not include it. */
export function* checkAirGap(candidate: Candidate): Iterable<DomainProblem> {
  const { folder } = candidate;
  const { directory } = candidate.after;
  const gapped = (tenant: string): boolean => directory.tenants.get(tenant)?.isolation === 'air-gapped';
  const declaration = (tenant: string): DomainPlace => ({
    kind: 'Tenant',
    name: tenant,
    path: ['isolation'],
  });
  for (const policy of policiesConcerned(candidate)) {
    for (const sided of rulesOf(policy)) {
      const { side, names, place } = sided;
      const peer = peerNamed(directory, names);
      const named = peer === undefined || peer.kind === 'external' ? undefined : peer.tenant;
      if (gapped(policy.tenant)) {
        yield {
          kind: 'refused',
          at: pointAt(folder, place(peerKey(side)), declaration(policy.tenant)),
          message: `${policy.tenant} is air-gapped: ${wordsFor(policy, sided)} cannot stand, nor any other rule of its policy`,
          found: names,
        };
      } else if (named !== undefined && gapped(named)) {
        yield {
          kind: 'refused',
          at: pointAt(folder, place(peerKey(side)), declaration(named)),
          message: `${named} is air-gapped: ${wordsFor(policy, sided)} may not name it`,
          found: names,
        };
      }
    }
  }
}

import type { Policy } from '../../events/estate.ts';
import { segmentsOf, type Directory } from '../directory/directory.ts';

/** Every name in a policy's rules, as written, `*` included. */
export function namesIn(policy: Policy | undefined): Set<string> {
  const names = new Set<string>();
  for (const { destination } of policy?.egress ?? []) names.add(destination);
  for (const { source } of policy?.ingress ?? []) names.add(source);
  return names;
}

/**
 * Every name that rules may use for a tenant or external: its own, those of its segments, and those of its services.
 */
export function namesOfHolder(directory: Directory, holder: string): string[] {
  const services = directory.tenants.get(holder)?.services ?? [];
  return [holder, ...segmentsOf(directory, holder), ...services.map(({ name }) => name)];
}

import type { Policy } from '../../events/estate.ts';
import { segmentsOf, type Directory } from '../directory/directory.ts';

/** Every name that a policy's rules give, as written; `*` among them. */
export function namesIn(policy: Policy | undefined): Set<string> {
  const names = new Set<string>();
  for (const { destination } of policy?.egress ?? []) names.add(destination);
  for (const { source } of policy?.ingress ?? []) names.add(source);
  return names;
}

/** Every name by which rules may mean a tenant or external: its own, its segments', its services'. */
export function namesOfHolder(directory: Directory, holder: string): string[] {
  const services = directory.tenants.get(holder)?.services ?? [];
  return [holder, ...segmentsOf(directory, holder), ...services.map(({ name }) => name)];
}

import { segmentOf, tenantOf } from '../../events/names.ts';
import type { BindingObject } from '../../events/overlay-objects.ts';
import { endpointsOf, type Directory } from '../directory/directory.ts';
import { isEndOf, type Quarantinable } from './quarantine.ts';

/** The ports that are a tenant's, a segment's or an external's by the documents in force. */
export function portsOf(
  directory: Directory,
  subject: Quarantinable,
): Pick<BindingObject, 'host' | 'interface'>[] {
  if (subject.kind === 'external') {
    const gateway = directory.externals.get(subject.name)?.gateway;
    return gateway === undefined ? [] : [gateway];
  }
  const tenant = tenantOf(subject.name) ?? subject.name;
  return Array.from(endpointsOf(directory, tenant)).filter(({ segment }) =>
    isEndOf(subject, segmentOf(tenant, segment)),
  );
}

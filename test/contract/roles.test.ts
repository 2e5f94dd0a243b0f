import { join } from 'node:path';
import { localRoles } from '../../src/roles/local/roles.ts';
import { MemoryRoles } from '../doubles/memory-roles.ts';
import { temporaryFolder } from '../doubles/temporary-folder.ts';
import { describeRolesContract } from './roles-contract.ts';

describeRolesContract('in memory', () => {
  const roles = new MemoryRoles();
  return (holder) => roles.as(holder);
});

describeRolesContract('on this machine', () => {
  const folder = join(temporaryFolder(), 'locks');
  return (holder) => localRoles({ folder, holder: () => holder });
});

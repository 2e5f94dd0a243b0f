import { hostname } from 'node:os';
import { localRoles } from '../../src/roles/local/roles.ts';
import { systemClock } from '../../src/runtime/clock.ts';

/** A process that takes a role, says so, and keeps it until it is ended. Arguments: folder, role. */
const [folder = '', role = ''] = process.argv.slice(2);
const holder = { pid: process.pid, host: hostname(), since: systemClock.now() };
await localRoles({ folder, holder: () => holder }).hold(role);
process.stdout.write('held\n');
setInterval(() => undefined, 1_000);

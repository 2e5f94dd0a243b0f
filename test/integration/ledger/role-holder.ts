import { hostname } from 'node:os';
import { holdRole } from '../../../src/ledger/sqlite/role-lock.ts';
import { systemClock } from '../../../src/runtime/clock.ts';

/** A process that takes a role, says so, and keeps it until it is ended. Arguments: path, role. */
const [path = '', role = ''] = process.argv.slice(2);
holdRole({
  derived: `${path}.d`,
  role,
  holder: { pid: process.pid, host: hostname(), since: systemClock.now() },
});
process.stdout.write('held\n');
setInterval(() => undefined, 1_000);

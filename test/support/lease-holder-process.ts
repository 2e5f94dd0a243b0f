import { rolesByLease } from '../../src/compose/leased-roles.ts';
import { connectNats } from '../../src/runtime/nats-connection.ts';

/** A process that takes the role of the publisher, says so, and says when it is lost. Arguments: server, ledger, milliseconds. */
const [server = '', ledgerId = '', ttlMs = ''] = process.argv.slice(2);
const nats = await connectNats({ servers: [server] }, 'lease holder');
const connection = (): Promise<typeof nats> => Promise.resolve(nats);
const held = await rolesByLease({ connection, ledgerId, replicas: 1, ttlMs: Number(ttlMs) }).hold(
  'publisher',
);
process.stdout.write('held\n');
held.lost?.addEventListener('abort', () => process.stdout.write('lost\n'));

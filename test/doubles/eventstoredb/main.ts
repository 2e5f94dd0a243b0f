import { parseArgs } from 'node:util';
import { startEventStoreCluster } from './cluster.ts';

/**
 * The double as a program of its own, so that a test can kill it:
 *
 *     main.ts FOLDER PORT [--member PORT]... [--append-bytes-max BYTES]
 *
 * Every --member is one more server over the same data; the first one leads. Once all of them listen, a line on the
 * standard output gives the connection string.
 */
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { member: { type: 'string', multiple: true }, 'append-bytes-max': { type: 'string' } },
});
const [folder, port] = positionals;
if (folder === undefined || port === undefined)
  throw new Error('usage: main.ts FOLDER PORT [--member PORT]... [--append-bytes-max BYTES]');
const bytesMax = values['append-bytes-max'];
const cluster = await startEventStoreCluster({
  folder,
  ports: [port, ...(values.member ?? [])].map(Number),
  ...(bytesMax === undefined ? {} : { appendBytesMax: Number(bytesMax) }),
});
process.stdout.write(`${cluster.url}\n`);
process.once('SIGTERM', () => void cluster.stop());

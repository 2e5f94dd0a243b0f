/**
 * Gives the streams of a ledger an access list, and no other metadata: one role reads and writes them, and only admins may
 * delete them or change their metadata. What made the server let go of entries ($maxAge, $maxCount, $tb) goes with it.
 *
 *     protect.js URL [--role ROLE] [--default [--replace]]
 *
 * URL is the ledger's, with the user and password of an admin. --default writes the same list as the default of all
 * streams, for a cluster that holds nothing but ledgers; defaults that are there already are kept unless --replace is given.
 */
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { jsonEvent, StreamNotFoundError } from '@eventstore/db-client';
import { ledgerIdOf } from '../../src/ledger/eventstoredb/ledger.ts';
import { connect } from '../../src/ledger/eventstoredb/server.ts';

const usage = 'usage: protect.js URL [--role ROLE] [--default [--replace]]';
const {
  positionals: [url],
  values: { role, default: asDefault, replace },
} = parseArgs({
  allowPositionals: true,
  options: {
    role: { type: 'string', default: 'isoledger' },
    default: { type: 'boolean', default: false },
    replace: { type: 'boolean', default: false },
  },
});
if (url === undefined) throw new Error(usage);
const { client, pointerStream } = connect(url);
try {
  if (asDefault) await protectByDefault();
  const id = await ledgerIdOf(url);
  await protect(pointerStream);
  if (id === undefined) say('there is no ledger yet: give this command again when there is one');
  else await protect(`isoledger-${id}`);
} finally {
  await client.dispose();
}

async function protect(stream) {
  const acl = {
    readRoles: [role],
    writeRoles: [role],
    deleteRoles: ['$admins'],
    // doctor looks whether the stream is set up to keep every entry.
    metaReadRoles: [role],
    metaWriteRoles: ['$admins'],
  };
  const { metadata: { acl: before, ...others } = {} } = await client.getStreamMetadata(stream);
  const gone = Object.keys(others);
  if (gone.length === 0 && isDeepStrictEqual(before, acl)) return say(`${stream}: protected already`);
  await client.setStreamMetadata(stream, { acl });
  say(`${stream}: protected${gone.length === 0 ? '' : `; taken away: ${gone.join(', ')}`}`);
}

async function protectByDefault() {
  const systemStreams = { $r: '$admins', $w: '$admins', $d: '$admins', $mr: '$admins', $mw: '$admins' };
  const userStreams = { $r: role, $w: role, $d: '$admins', $mr: role, $mw: '$admins' };
  const wanted = { $userStreamAcl: userStreams, $systemStreamAcl: systemStreams };
  const before = await readDefault();
  if (isDeepStrictEqual(before, wanted)) return say('default: set already');
  if (before !== undefined && !replace)
    throw new Error(`there are defaults already, --replace replaces them: ${JSON.stringify(before)}`);
  await client.appendToStream('$settings', [jsonEvent({ type: 'settings', data: wanted })]);
  say('default: set');
}

async function readDefault() {
  let last;
  try {
    const options = { direction: 'backwards', fromRevision: 'end', maxCount: 1 };
    // To its end: a read that is left early is never disposed of.
    for await (const { event } of client.readStream('$settings', options)) last = event?.data;
  } catch (error) {
    if (!(error instanceof StreamNotFoundError)) throw error;
  }
  return last;
}

function say(words) {
  process.stdout.write(`${words}\n`);
}

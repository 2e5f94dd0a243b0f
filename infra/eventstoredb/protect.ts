/**
 * Gives the streams of a ledger an access list, and no other metadata: one role reads and writes them, and only admins may
 * delete them or change their metadata. What made the server let go of entries ($maxAge, $maxCount, $tb, a deletion that
 * was not for good) goes with it.
 *
 *     ISOLEDGER_ADMIN_URL=URL protect.ts [--role ROLE] [--default [--replace]]
 *     protect.ts URL [--role ROLE] [--default [--replace]]
 *
 * URL is the ledger's, with the user and password of an admin: everybody on the machine can read the password of one that
 * stands on the command line. --default writes the same list as the default of all streams, for a cluster that holds
 * nothing but ledgers; defaults that are there already are kept unless --replace is given.
 *
 * Exit codes are those of isoledger: 0 done, 2 wrong usage or URL, 5 no server or no ledger there, 6 something was deleted
 * for good.
 */
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { jsonEvent, StreamDeletedError, StreamNotFoundError } from '@eventstore/db-client';
import { exitCode, exitCodeOf } from '../../src/cli/exit.ts';
import { unavailable } from '../../src/ledger/eventstoredb/esdb-error.ts';
import { ledgerIdOf } from '../../src/ledger/eventstoredb/ledger.ts';
import { connect, disconnect, type Server } from '../../src/ledger/eventstoredb/server.ts';
import { LedgerDamaged, LedgerForked, StoreUnavailable } from '../../src/ledger/faults.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { UsageError } from '../../src/runtime/errors.ts';

const usage = `usage: protect.ts [URL] [--role ROLE] [--default [--replace]]
URL is the ledger's with the user and password of an admin; without it, the one of ISOLEDGER_ADMIN_URL`;
/** What the client calls otherwise than the server and doctor do. */
const named: Readonly<Record<string, string>> = {
  maxCount: '$maxCount',
  maxAge: '$maxAge',
  truncateBefore: '$tb',
};

try {
  await run(readArguments());
} catch (error) {
  const code = exitCodeOf(error);
  const what = code === exitCode.internal ? 'internal error: ' : '';
  process.stderr.write(`protect.ts: ${what}${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = code;
}

interface Arguments {
  readonly url: string;
  readonly role: string;
  readonly default: boolean;
  readonly replace: boolean;
}

function readArguments(): Arguments {
  const { positionals, values } = parse();
  const [url = process.env['ISOLEDGER_ADMIN_URL'] ?? '', ...more] = positionals;
  if (url === '' || more.length > 0 || values.role === '') throw new UsageError(usage);
  return { url, ...values };
}

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        role: { type: 'string', default: 'isoledger' },
        default: { type: 'boolean', default: false },
        replace: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    const [what = ''] = (error instanceof Error ? error.message : String(error)).split('. ');
    throw new UsageError(`${what}\n${usage}`);
  }
}

async function run({ url, role, default: asDefault, replace }: Arguments): Promise<void> {
  const server = connect(url, systemClock);
  try {
    const isThere = await isLedgerThere(url);
    if (asDefault) await protectByDefault(server, { role, replace });
    if (isThere) await protectLedger(server, { url, role });
    else if (asDefault) say(`${none(server)} yet: give this command again when there is one`);
    else throw new StoreUnavailable(`${none(server)}, and nothing was set: see ledger=NAME in the URL`);
  } finally {
    await disconnect(server);
  }
}

/** Also where its pointer stream was deleted. Nothing is set for a name that nobody has. */
async function isLedgerThere(url: string): Promise<boolean> {
  try {
    return (await ledgerIdOf(url, systemClock)) !== undefined;
  } catch (error) {
    if (error instanceof LedgerForked) return true;
    throw error;
  }
}

function none({ place }: Server): string {
  return `there is no ledger on ${place}`;
}

async function protectLedger(server: Server, { url, role }: { url: string; role: string }): Promise<void> {
  await protect(server, { stream: server.pointerStream, role });
  const id = await ledgerIdOf(url, systemClock);
  if (id === undefined) throw new StoreUnavailable(`${none(server)} any more`);
  await protect(server, { stream: `isoledger-${id}`, role });
}

async function protect(
  { client, place }: Server,
  { stream, role }: { stream: string; role: string },
): Promise<void> {
  const where = `stream ${stream} on ${place}`;
  const acl = {
    readRoles: [role],
    writeRoles: [role],
    deleteRoles: ['$admins'],
    // doctor looks whether the stream is set up to keep every entry.
    metaReadRoles: [role],
    metaWriteRoles: ['$admins'],
  };
  const read = async () => {
    const { metadata: { acl: before, ...others } = {} } = await client.getStreamMetadata(stream);
    return { isAsWanted: isDeepStrictEqual({ before, others }, { before: acl, others: {} }), others };
  };
  await asking(where, async () => {
    const { isAsWanted, others } = await read();
    if (isAsWanted) {
      say(`${stream}: protected already`);
      return;
    }
    await client.setStreamMetadata(stream, { acl });
    // A stream that was deleted begins anew with its next metadata, cut where it ended: that cut is taken away as well.
    if (!(await read()).isAsWanted) await client.setStreamMetadata(stream, { acl });
    const gone = Object.keys(others).map((name) => named[name] ?? name);
    say(`${stream}: protected${gone.length === 0 ? '' : `; taken away: ${gone.join(', ')}`}`);
  });
}

async function protectByDefault(
  { client, place }: Server,
  { role, replace }: { role: string; replace: boolean },
): Promise<void> {
  const systemStreams = { $r: '$admins', $w: '$admins', $d: '$admins', $mr: '$admins', $mw: '$admins' };
  const userStreams = { $r: role, $w: role, $d: '$admins', $mr: role, $mw: '$admins' };
  const wanted = { $userStreamAcl: userStreams, $systemStreamAcl: systemStreams };
  await asking(`stream $settings on ${place}`, async () => {
    const before = await readDefault(client);
    if (isDeepStrictEqual(before, wanted)) {
      say('default: set already');
      return;
    }
    if (before !== undefined && !replace)
      throw new UsageError(
        `there are defaults already, and nothing was set; --replace replaces them: ${JSON.stringify(before)}`,
      );
    await client.appendToStream('$settings', [jsonEvent({ type: 'settings', data: wanted })]);
    say('default: set');
  });
}

async function readDefault(client: Server['client']): Promise<unknown> {
  let last: unknown;
  try {
    const entries = client.readStream('$settings', {
      direction: 'backwards',
      fromRevision: 'end',
      maxCount: 1,
    });
    // To its end: a read that is left early is never disposed of.
    for await (const { event } of entries) last = event?.data;
  } catch (error) {
    if (!(error instanceof StreamNotFoundError)) throw error;
  }
  return last;
}

/** What the server says to it, in words. */
async function asking(where: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if (error instanceof StreamDeletedError)
      throw new LedgerDamaged(
        `${where} was deleted for good, which nothing takes back: infra/eventstoredb/README.md, Restore`,
      );
    throw unavailable(where, error);
  }
}

function say(words: string): void {
  process.stdout.write(`${words}\n`);
}

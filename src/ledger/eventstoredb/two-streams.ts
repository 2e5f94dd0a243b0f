import { BACKWARDS, END, FORWARDS, START, type ResolvedEvent } from '@eventstore/db-client';
import type { Clock } from '../../runtime/clock.ts';
import { failureOf, unavailable } from './esdb-error.ts';
import { patienceOf, persist, within } from './patience.ts';
import { NothingToCopy } from '../faults.ts';
import { ledgerIdOf } from './ledger.ts';
import { connect, disconnect, type Server } from './server.ts';

/** Two facts that tell a physical stream from another stream with the same entries. */
interface StreamExtent {
  /**
   * The time at which the server took its first entry, in milliseconds since 1970. A copy's entries are taken later.
   */
  readonly born: number;
  /** The number of its entries. */
  readonly size: number;
}

/** Throws NothingToCopy if two URLs lead to one stream, and the errors of reading. */
export async function requireTwoStreams(
  { from, to }: { from: string; to: string },
  of: { id: string; clock: Clock },
): Promise<void> {
  const [one, other] = [await streamExtentAt(from, of), await streamExtentAt(to, of)];
  if (one === undefined || one.born !== other?.born || other.size < one.size) return;
  throw new NothingToCopy(
    `nothing was copied: FROM and TO are one stream, isoledger-${of.id}, on one server (or one server was put back from the other's files, and lacks nothing); name another server as TO, or a file`,
  );
}

/** True if a name on a server leads nowhere yet, and the server has that ledger under another name. */
export async function isFurtherName(url: string, of: { id: string; clock: Clock }): Promise<boolean> {
  return (await ledgerIdOf(url, of.clock)) === undefined && (await streamExtentAt(url, of)) !== undefined;
}

/**
 * The stream of a ledger on a server, whichever names lead to it; undefined if there is none. Throws BadConfig,
 * StoreUnavailable.
 */
async function streamExtentAt(
  url: string,
  { id, clock }: { id: string; clock: Clock },
): Promise<StreamExtent | undefined> {
  const server = connect(url, clock);
  try {
    const stream = `isoledger-${id}`;
    const [first, last] = [await eventAt(server, stream, 'first'), await eventAt(server, stream, 'last')];
    if (first === undefined || last === undefined) return undefined;
    return { born: first.created.getTime(), size: Number(last.revision) + 1 };
  } finally {
    await disconnect(server);
  }
}

async function eventAt(
  { client, place, clock }: Server,
  stream: string,
  which: 'first' | 'last',
): Promise<ResolvedEvent['event']> {
  const where = `stream ${stream} on ${place}`;
  const patience = patienceOf({ clock });
  const from =
    which === 'first'
      ? ({ fromRevision: START, direction: FORWARDS } as const)
      : ({ fromRevision: END, direction: BACKWARDS } as const);
  try {
    const { event } =
      (await persist(where, patience, {
        attempt: () => within(patience, firstOf(client.readStream(stream, { ...from, maxCount: 1 }))),
      })) ?? {};
    return event;
  } catch (error) {
    if (failureOf(error) === 'missing') return undefined;
    throw unavailable(where, error);
  }
}

async function firstOf(reading: AsyncIterable<ResolvedEvent>): Promise<ResolvedEvent | undefined> {
  for await (const resolved of reading) return resolved;
  return undefined;
}

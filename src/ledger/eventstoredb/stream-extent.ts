import { BACKWARDS, END, FORWARDS, START, type ResolvedEvent } from '@eventstore/db-client';
import { failureOf, unavailable } from './esdb-error.ts';
import { patienceOf, persist, within } from './patience.ts';
import { connect, disconnect, type Server } from './server.ts';

/** What tells one physical stream from another that holds the same entries. */
export interface StreamExtent {
  /** When the server took its first entry, in milliseconds since 1970: a copy's are taken later. */
  readonly born: number;
  /** How many entries it holds. */
  readonly size: number;
}

/**
 * The stream of a ledger on a server, whichever names lead to it; undefined where there is none. Throws BadConfig,
 * StoreUnavailable.
 */
export async function streamExtentAt(url: string, { id }: { id: string }): Promise<StreamExtent | undefined> {
  const server = connect(url);
  try {
    const stream = `isoledger-${id}`;
    const [first, last] = [await eventAt(server, stream, 'first'), await eventAt(server, stream, 'last')];
    if (first === undefined || last === undefined) return undefined;
    return { born: first.created.getTime(), size: Number(last.revision) + 1 };
  } finally {
    await disconnect(server.client);
  }
}

async function eventAt(
  { client, place }: Server,
  stream: string,
  which: 'first' | 'last',
): Promise<ResolvedEvent['event']> {
  const where = `stream ${stream} on ${place}`;
  const patience = patienceOf({});
  const from =
    which === 'first'
      ? ({ fromRevision: START, direction: FORWARDS } as const)
      : ({ fromRevision: END, direction: BACKWARDS } as const);
  try {
    const { event } =
      (await persist(where, patience, {
        attempt: () =>
          within(patience.callMilliseconds, firstOf(client.readStream(stream, { ...from, maxCount: 1 }))),
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

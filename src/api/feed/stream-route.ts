import { z } from 'zod';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/log.ts';
import { problemOf, Unanswered } from '../problem.ts';
import { queryOf, type Route } from '../route.ts';
import type { Feed } from './feed.ts';
import { streamQuery } from './query.ts';
import { sendEvents } from './send-events.ts';

/** How many readers may follow at once. */
const readersMax = 128;
/** How long what is on its way to a reader that was given up has to arrive, in milliseconds. */
const lastWordsMs = 2_000;

const mediaType = 'text/event-stream';

/** The event stream, which goes on with what comes. */
export function streamRoute(means: {
  readonly feed: Feed;
  readonly clock: Clock;
  readonly log: Logger;
  /** Aborts when all streams are to end. */
  readonly signal: AbortSignal;
}): Route {
  const { feed, clock, log } = means;
  let readers = 0;
  return {
    path: '/v1/events/stream',
    summary: 'Events behind an entry, and those to come, as server-sent events',
    query: streamQuery,
    headers: z.object({
      'Last-Event-ID': z
        .string()
        .exactOptional()
        .meta({ description: 'The last entry that the reader has; counts in place of `after`.' }),
    }),
    answers: {
      200: {
        says: 'Each event has the seq of its entry as its id. `heartbeat` comes each half minute; `dropped` tells a slow reader where to go on, and `problem` why the stream ends.',
        bodies: { [mediaType]: null },
      },
    },
    handle: async (request, reply) => {
      const { 'last-event-id': lastEventId } = request.headers;
      const asked = typeof request.query === 'object' ? request.query : {};
      const given = lastEventId === undefined ? asked : { ...asked, after: lastEventId };
      const query = queryOf(streamQuery, { query: given });
      if (readers >= readersMax)
        throw new Unanswered(`${String(readersMax)} readers follow already; pages are at /v1/events`, {
          ...{ code: 'TooManyReaders', status: 503, title: 'Too many follow the stream' },
        });
      const gone = new AbortController();
      const { raw: out } = reply;
      const signal = AbortSignal.any([means.signal, gone.signal]);
      out.on('close', () => {
        gone.abort();
      });
      readers += 1;
      try {
        const items = await feed.stream(query, signal);
        reply.hijack();
        out.writeHead(200, { 'content-type': mediaType, 'cache-control': 'no-store' });
        const heartbeat = (): Promise<string> => feed.heartbeat(query, clock.now());
        const sending = { out, items, after: query.after, heartbeat, clock, signal };
        const end = await sendEvents(sending).catch((error: unknown) => {
          log.warn({ err: error }, 'an event stream ended');
          out.write(`event: problem\ndata: ${JSON.stringify(problemOf(error))}\n\n`);
          return 'over' as const;
        });
        out.end();
        if (end !== 'slow') return;
        log.info({ query: request.url }, 'a reader of the event stream took nothing, and was dropped');
        await clock.sleep(lastWordsMs, gone.signal);
        out.destroy();
      } finally {
        readers -= 1;
      }
    },
  };
}

import { z } from 'zod';
import { queryOf, type Route } from '../route.ts';
import type { Feed, FeedPage } from './feed.ts';
import { pageQuery } from './query.ts';

const json = 'application/json; charset=utf-8';
const lines = 'application/x-ndjson; charset=utf-8';

const eventPage = z.object({
  ledger: z.string().meta({ description: 'The id of the ledger.' }),
  format: z.string(),
  events: z
    .array(z.union([z.looseObject({}), z.string()]))
    .meta({ description: 'In the order of their entries; text for the formats cef and syslog.' }),
  next: z.int().meta({
    description:
      'What to ask for next, as `after`, until `atHead`. It moves on also where a page holds no event, since none of those was asked for.',
  }),
  atHead: z.boolean().meta({ description: 'Nothing more was there.' }),
});

const nextHeader = 'isoledger-next';

/** The event stream in pages. */
export function pageRoute(feed: Feed): Route {
  return {
    path: '/v1/events',
    summary: 'Events behind an entry, in order and without a gap',
    query: pageQuery,
    answers: {
      200: {
        says: `Some events, and where to go on. As lines, if the request asks for them, the header ${nextHeader} says where.`,
        bodies: { [json]: eventPage, [lines]: null },
      },
    },
    handle: async (request, reply) => {
      const query = queryOf(pageQuery, request);
      const page = await feed.page(query);
      const { next, isAtHead } = page;
      void reply.header('cache-control', 'no-store').header('vary', 'accept');
      void reply.header(nextHeader, String(next)).header('isoledger-at-head', String(isAtHead));
      const isText = query.format === 'cef' || query.format === 'syslog';
      if (/\b(x-)?ndjson\b|text\/plain/.test(request.headers.accept ?? '')) {
        void reply.type(isText ? 'text/plain; charset=utf-8' : lines);
        await reply.send(page.events.map((event) => `${event}\n`).join(''));
      } else await reply.type(json).send(body(feed.ledgerId, { ...page, format: query.format, isText }));
    },
  };
}

/** Events that are JSON stand in it as they were written: the stored bytes of an entry among them. */
function body(
  ledger: string,
  { events, next, isAtHead, format, isText }: FeedPage & { format: string; isText: boolean },
): string {
  const items = isText ? events.map((event) => JSON.stringify(event)) : events;
  const rest = JSON.stringify({ next, atHead: isAtHead }).slice(1);
  return `${JSON.stringify({ ledger, format }).slice(0, -1)},"events":[${items.join(',')}],${rest}`;
}

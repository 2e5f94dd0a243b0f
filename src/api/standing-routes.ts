import { z } from 'zod';
import type { WallClock } from '../runtime/clock.ts';
import type { Durations } from '../serve/durations.ts';
import type { RoleStandings } from '../serve/states.ts';
import type { VerdictCounts } from '../serve/verdict-counts.ts';
import type { DeliveryCounts } from '../siem/sinks/delivery-counts.ts';
import { exposition, expositionType } from './metrics/exposition.ts';
import type { LedgerFacts } from './metrics/ledger-facts.ts';
import { metricsOf } from './metrics/metrics.ts';
import { readiness, readinessOf } from './readiness.ts';
import type { Route } from './route.ts';

const json = 'application/json; charset=utf-8';

const alive = z.object({ status: z.literal('ok') });

/** How this process stands. */
export function standingRoutes(means: {
  readonly standings: RoleStandings;
  readonly durations: Durations;
  readonly deliveries: DeliveryCounts;
  readonly verdicts: VerdictCounts;
  readonly clock: WallClock;
  readonly facts: LedgerFacts;
  readonly version: string;
}): Route[] {
  return [
    {
      path: '/healthz',
      summary: 'Whether the process lives',
      isOpen: true,
      answers: { 200: { says: 'It does.', bodies: { [json]: alive } } },
      handle: async (_request, reply) => {
        await reply.type(json).send(JSON.stringify({ status: 'ok' }));
      },
    },
    {
      path: '/readyz',
      summary: 'How each role of this process stands, and why one does not run',
      answers: {
        200: { says: 'Every role does what it is for.', bodies: { [json]: readiness } },
        503: { says: 'A role does not run.', bodies: { [json]: readiness } },
      },
      handle: async (_request, reply) => {
        const found = readinessOf(means.standings);
        await reply
          .code(found.ready ? 200 : 503)
          .type(json)
          .send(JSON.stringify(found));
      },
    },
    {
      path: '/metrics',
      summary: 'What is counted and measured, for Prometheus',
      answers: { 200: { says: 'In its text format.', bodies: { [expositionType]: null } } },
      handle: async (_request, reply) => {
        await reply.type(expositionType).send(exposition(await metricsOf(means)));
      },
    },
  ];
}

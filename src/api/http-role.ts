import { once } from 'node:events';
import type { FastifyInstance } from 'fastify';
import manifest from '../../package.json' with { type: 'json' };
import { Fault } from '../runtime/errors.ts';
import { reasonOf } from '../runtime/system-reason.ts';
import type { Durations } from '../serve/durations.ts';
import type { RoleContext, ServeRole } from '../serve/role.ts';
import type { RoleStandings } from '../serve/states.ts';
import type { VerdictCounts } from '../serve/verdict-counts.ts';
import type { DeliveryCounts } from '../siem/sinks/delivery-counts.ts';
import type { Workspace } from '../tasks/workspace.ts';
import { Feed } from './feed/feed.ts';
import { pageRoute } from './feed/page-route.ts';
import { LedgerFacts } from './metrics/ledger-facts.ts';
import { streamRoute } from './feed/stream-route.ts';
import { openApiRoute } from './openapi.ts';
import { serverOf, type TlsMaterial } from './server.ts';
import { standingRoutes } from './standing-routes.ts';

/** Where and how it is listened, with what it takes for that. */
export interface HttpSettings {
  readonly host: string;
  readonly port: number;
  readonly isLoopback: boolean;
  readonly token: string | undefined;
  readonly tls: TlsMaterial | undefined;
}

export interface HttpRoleMeans {
  readonly workspace: Workspace;
  readonly standings: RoleStandings;
  readonly durations: Durations;
  readonly deliveries: DeliveryCounts;
  readonly verdicts: VerdictCounts;
  readonly settings: HttpSettings;
}

/** The address cannot be listened at. */
class HttpAddressUnusable extends Fault {
  readonly code = 'HttpAddressUnusable';
  readonly category = 'unreachable';
}

/** How long answers that are under way have when the role ends, in milliseconds. */
const endMsMax = 3_000;

/** Answers by HTTP: how this process stands, metrics and the event feed. Each process has its own. */
export function httpRole(means: HttpRoleMeans): ServeRole {
  return { name: 'http', needsLease: false, follows: [], run: (context) => run(means, context) };
}

async function run(
  { workspace, settings, ...measured }: HttpRoleMeans,
  { signal, log, tell }: RoleContext,
): Promise<void> {
  const { ledger, clock } = workspace;
  const { version } = manifest;
  const { host, port, isLoopback, token, tls } = settings;
  const facts = new LedgerFacts({ ...workspace, log });
  const feed = new Feed(ledger, { version });
  const asked = [
    ...standingRoutes({ ...measured, clock, facts, version }),
    ...[pageRoute(feed), streamRoute({ feed, clock, log, signal })],
  ];
  const routes = [...asked, openApiRoute(asked, { version, hasToken: token !== undefined })];
  const app = serverOf({ routes, access: { token, isLoopback }, tls, log });
  try {
    await app.listen({ host, port }).catch((cause: unknown) => {
      throw new HttpAddressUnusable(`${host}:${String(port)} cannot be listened at: ${reasonOf(cause)}`, {
        cause,
      });
    });
    // The system chooses a port in place of 0.
    log.info({ host, port: portOf(app) ?? port, tls: tls !== undefined }, 'listening');
    // It follows nothing of its own: an answer is as new as the ledger.
    tell({ seq: -1 });
    void facts.now();
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    await close(app, (signal) => clock.sleep(endMsMax, signal));
  }
}

function portOf(app: FastifyInstance): number | undefined {
  const address = app.server.address();
  return typeof address === 'object' ? address?.port : undefined;
}

/** Lets answers that are under way come to their end, for a while. */
async function close(app: FastifyInstance, patience: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const closed = app.close();
  app.server.closeIdleConnections();
  const over = new AbortController();
  await Promise.race([closed, patience(over.signal)]);
  // What is not waited for any more would keep the process alive.
  over.abort();
  app.server.closeAllConnections();
  await closed;
}

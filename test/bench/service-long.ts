import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { LabUnavailable } from '../../infra/lab/faults.ts';
import { buildExecutable } from '../../infra/package/executable.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { natsServer, NatsServer } from '../support/nats-server.ts';
import type { Row } from './harness/row.ts';
import { inTemporaryFolder } from './harness/temporary-folder.ts';
import { FeedFollower } from './service/feed-follower.ts';
import { Changing } from './service-long/changing.ts';
import { FileFollower } from './service-long/file-follower.ts';
import { HostFollower } from './service-long/host-follower.ts';
import { Reached } from './service-long/reached.ts';
import { recordedIn } from './service-long/recorded.ts';
import { rowsOf, type Followed } from './service-long/rows.ts';
import { Sampler, type Sampled } from './service-long/sampler.ts';
import { Served } from './service-long/served.ts';
import { spanAsked, type Span } from './service-long/span.ts';
import { StreamFollower } from './service-long/stream-follower.ts';

const tenants = 1000;
const shard = 'shard-1';
const hosts = Array.from({ length: 16 }, (_, index) => `hv-${String(index + 1)}`);
/** What is looked at. The http role is by what the feed gives. */
const roles = ['clock', `applier/${shard}`, 'publisher', 'forwarder/archive'];
/** How long the service may take until it has started, and until it has done what is left once no more comes. */
const startMsMax = 60_000;
const drainMsMax = 60_000;
/** How long what the roles have done may be on its way to where it is looked. */
const lookMs = 1_000;

/** Where everything is. */
interface Place {
  readonly folder: string;
  readonly ledger: string;
  readonly nats: string;
}

/**
 * A service that has been started as operators do, the executable with a configuration, while policies change beside it. How long an
 * entry takes until it is with whoever it is for is looked at from outside; so is the memory. For 10 minutes, unless asked for otherwise:
 * see span.
 */
export async function serviceLongBench(): Promise<readonly Row[]> {
  const span = spanAsked(process.env);
  if (!natsServer.isMet) throw new LabUnavailable(`there is no ${natsServer.what} (${natsServer.how})`);
  return inTemporaryFolder(async (folder) => {
    const store = join(folder, 'nats');
    mkdirSync(store);
    await using server = await NatsServer.alone(store);
    const place = { folder, ledger: join(folder, 'ledger.db'), nats: server.address };
    const observed = await observe(place, span);
    const { startMs, endMs } = observed.sampled;
    const recorded = await recordedIn(place.ledger, { startMs, endMs });
    return rowsOf({ ...observed, recorded, span, tenants, hosts: hosts.length });
  });
}

interface Observed {
  readonly took: readonly number[];
  readonly followed: Followed;
  readonly sampled: Sampled;
}

async function observe(place: Place, span: Span): Promise<Observed> {
  const { folder, ledger, nats } = place;
  const program = join(folder, 'isoledger');
  await buildExecutable(program);
  await using changing = await Changing.on(ledger, { folder, tenants, hosts: hosts.length });
  const { ledgerId } = changing;
  await using served = await Served.on(ledger, { folder, program, nats });
  if (!(await served.hasDoneAll(roles, { withinMs: startMsMax })))
    throw new Error('the service has not done what the ledger holds');
  await using onHosts = new HostFollower(hosts, { ledger, ledgerId, shard });
  await using inFile = new FileFollower(served.events);
  const after = (await served.head()) - 1;
  await using inStream = await StreamFollower.of(nats, { ledgerId, after });
  const inFeed = new Reached();
  const onSeq = (seq: number): void => {
    inFeed.upTo(seq);
  };
  using following = new DisposableStack();
  following.use(await FeedFollower.of(served.port, { after, onSeq }));
  const changed = changing.run({ rate: span.rate, seconds: span.warmUpSeconds + span.seconds });
  const [took, sampled] = await Promise.all([changed, sampledIn(served, { ledger, span })]);
  const isDone = await served.hasDoneAll(roles, { withinMs: drainMsMax });
  await systemClock.sleep(lookMs);
  await served.end();
  const followed = {
    ...{ feed: inFeed.steps, plans: onHosts.reached.steps },
    ...{ stream: inStream.reached.steps, file: inFile.reached.steps },
    ...{ isDone, lookedMs: Date.now() },
  };
  return { took, followed, sampled };
}

async function sampledIn(served: Served, { ledger, span }: { ledger: string; span: Span }): Promise<Sampled> {
  await systemClock.sleep(span.warmUpSeconds * 1_000);
  return new Sampler(served, ledger).run(span.seconds * 1_000);
}

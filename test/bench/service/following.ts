import { Agent } from 'node:http';
import { join } from 'node:path';
import { httpRole } from '../../../src/api/http-role.ts';
import { open } from '../../../src/compose/workspace.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { createLog } from '../../../src/runtime/log.ts';
import { Durations } from '../../../src/serve/durations.ts';
import { VerdictCounts } from '../../../src/serve/verdict-counts.ts';
import { RoleStandings } from '../../../src/serve/states.ts';
import { DeliveryCounts } from '../../../src/siem/sinks/delivery-counts.ts';
import { freePort } from '../../support/nats-server.ts';
import { percentile, perSecond } from '../harness/measure.ts';
import { rowOf, type Row } from '../harness/row.ts';
import { FeedFollower } from './feed-follower.ts';
import { RunningRole } from './running-role.ts';
import { appender, writtenLedger } from './written-ledger.ts';

const entries = 1_000;
const appends = 40;
const followers = 100;

/** What many followers of the feed come to, beside one. All are in the process that they ask. */
export async function followingRows(folder: string): Promise<readonly Row[]> {
  const path = join(folder, 'followed.db');
  await (await writtenLedger(path, entries)).close();
  const opened = await open(`sqlite:${path}`, { create: false });
  const port = await freePort();
  const settings = { host: '127.0.0.1', port, isLoopback: true, token: undefined, tls: undefined };
  const workspace = { ...opened, log: createLog('silent') };
  const standing = {
    standings: new RoleStandings(systemClock),
    durations: new Durations(),
    deliveries: new DeliveryCounts(),
    verdicts: new VerdictCounts(),
  };
  const role = new RunningRole(httpRole({ ...standing, workspace, settings }));
  await role.done(-1);
  const one = await followed(path, port, 1);
  const many = await followed(path, port, followers);
  await role[Symbol.asyncDispose]();
  await opened.ledger.close();
  const of = `${String(followers)} followers of the feed`;
  return [
    rowOf({
      case: `an entry until ${of} have it: p50`,
      ...{ value: percentile(many.delays, 0.5), unit: 'ms' },
      floor: { is: 'until one follower has it', value: percentile(one.delays, 0.5) },
    }),
    rowOf({
      case: `an entry until ${of} have it: p99`,
      ...{ value: percentile(many.delays, 0.99), unit: 'ms' },
      floor: { is: 'until one follower has it', value: percentile(one.delays, 0.99) },
    }),
    rowOf({
      case: `what ${of} have missed, to all of them`,
      ...{ value: many.perSecond, unit: 'events/s' },
      floor: { is: 'to one follower', value: one.perSecond },
    }),
  ];
}

interface Followed {
  /** How many events are sent a second while all that the ledger holds is. */
  readonly perSecond: number;
  /** From when an entry was recorded until each has it, in milliseconds. */
  readonly delays: readonly number[];
}

async function followed(path: string, port: number, count: number): Promise<Followed> {
  const { append, ledger } = appender(path, appends);
  const { size } = await ledger.head();
  const agent = new Agent({ maxSockets: count });
  const readers: FeedFollower[] = [];
  const figure = await perSecond(count * size, async () => {
    const begun = Array.from({ length: count }, () => FeedFollower.of(port, { agent }));
    readers.push(...(await Promise.all(begun)));
    await Promise.all(readers.map((reader) => reader.has(size - 1)));
  });
  const delays: number[] = [];
  for (let time = 0; time < appends; time += 1) {
    await systemClock.sleep(40 * Math.random());
    const seq = await append();
    const began = performance.now();
    await Promise.all(readers.map((reader) => reader.has(seq)));
    delays.push(performance.now() - began);
  }
  for (const reader of readers) reader[Symbol.dispose]();
  agent.destroy();
  await ledger.close();
  return { perSecond: figure, delays };
}

import { NotLeaderError, UnavailableError } from '@eventstore/db-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startEventStoreCluster } from '../../doubles/eventstoredb/cluster.ts';
import type { Cluster, ClusterOptions } from '../../doubles/eventstoredb/cluster.ts';
import { clientOf, event, paths, readAll } from './connected.ts';

async function cluster(options: ClusterOptions = {}): Promise<Cluster> {
  const started = await startEventStoreCluster(options);
  onTestFinished(() => started.stop());
  return started;
}

const follower = 1;

describe.each(paths)('an append %s', (_path, path) => {
  it('reaches the leader, whichever it is', async () => {
    const started = await cluster();
    const { url, members } = started;
    for (const [index] of members.entries()) {
      started.setLeader(index);
      await clientOf(url).appendToStream('counts', event(index), path);
    }
    expect(await readAll(clientOf(url), 'counts')).toEqual(['0:0', '1:1', '2:2']);
  });

  it('is refused by a follower, which names the leader, and reaches it when tried again', async () => {
    const { members } = await cluster();
    const client = clientOf(members[follower]?.url ?? '');
    await expect(client.appendToStream('counts', event(1), path)).rejects.toBeInstanceOf(NotLeaderError);
    await client.appendToStream('counts', event(2), path);
    expect(await readAll(client, 'counts')).toEqual(['0:2']);
  });

  it('follows when the leader changes', async () => {
    const started = await cluster();
    const client = clientOf(started.url);
    await client.appendToStream('counts', event(1), path);
    started.setLeader(follower);
    await expect(client.appendToStream('counts', event(2), path)).rejects.toBeInstanceOf(NotLeaderError);
    await client.appendToStream('counts', event(3), path);
    expect(await readAll(client, 'counts')).toEqual(['0:1', '1:3']);
  });

  it('fails while nobody leads', async () => {
    const started = await cluster();
    started.setLeader(undefined);
    const client = clientOf(started.members[0]?.url ?? '');
    await expect(client.appendToStream('counts', event(1), path)).rejects.toBeInstanceOf(UnavailableError);
  });

  it('survives the loss of the leader once another one leads', async () => {
    const started = await cluster();
    const { url, members } = started;
    const client = clientOf(url);
    await client.appendToStream('counts', event(1), path);
    members[0]?.kill();
    started.setLeader(follower);
    await expect(client.appendToStream('counts', event(2), path)).rejects.toBeInstanceOf(UnavailableError);
    await client.appendToStream('counts', event(3), path);
    expect(await readAll(client, 'counts')).toEqual(['0:1', '1:3']);
  });

  it('is handed on by a follower where it may, unless it asks for the leader', async () => {
    const { members } = await cluster({ followers: 'forward' });
    const client = clientOf(members[follower]?.url ?? '');
    await client.appendToStream('counts', event(1), path);
    expect(await readAll(client, 'counts')).toEqual(['0:1']);
    if (path.credentials === undefined) return;
    const asking = client.appendToStream('counts', event(2), { ...path, requiresLeader: true });
    await expect(asking).rejects.toBeInstanceOf(NotLeaderError);
  });
});

it('reads from a follower, unless the read asks for the leader', async () => {
  const { members, url } = await cluster();
  await clientOf(url).appendToStream('counts', event(1));
  const client = clientOf(members[follower]?.url ?? '');
  expect(await readAll(client, 'counts')).toEqual(['0:1']);
  await expect(readAll(client, 'counts', { requiresLeader: true })).rejects.toBeInstanceOf(NotLeaderError);
});

it('deletes through the leader only', async () => {
  const { members, url } = await cluster();
  await clientOf(url).appendToStream('counts', event(1));
  const client = clientOf(members[follower]?.url ?? '');
  await expect(client.deleteStream('counts')).rejects.toBeInstanceOf(NotLeaderError);
});

import { natsServer } from '../support/nats-server.ts';
import type { Row } from './harness/row.ts';
import { inTemporaryFolder } from './harness/temporary-folder.ts';
import { deliveringRows } from './service/delivering.ts';
import { followingRows } from './service/following.ts';
import { publishingRows } from './service/publishing.ts';

/**
 * What the service does with entries: how long one takes until it is delivered, and how fast many are, beside what its
 * roles cannot do without. Rows of a server that is not installed are left out, and that is said.
 */
export async function serviceBench(): Promise<readonly Row[]> {
  return inTemporaryFolder(async (folder) => [
    ...(await published(folder)),
    ...(await deliveringRows(folder)),
    ...(await followingRows(folder)),
  ]);
}

async function published(folder: string): Promise<readonly Row[]> {
  if (natsServer.isMet) return publishingRows(folder);
  process.stderr.write(`nothing is published: there is no ${natsServer.what} (${natsServer.how})\n`);
  return [];
}

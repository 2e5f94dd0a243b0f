import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';

const program = fileURLToPath(new URL('../peers/emmett.ts', import.meta.url));
const installed = existsSync(new URL('../peers/node_modules/', import.meta.url));
const figure = z.object({ perSecond: z.number() });
const run = promisify(execFile);

/** What the rows call the peer. */
export const peerName = installed
  ? 'emmett-sqlite'
  : 'emmett-sqlite (not installed: npm ci --prefix test/bench/peers)';

/**
 * The peer as a contender: appends the same events, `batch` at a time, to a new event store of its own in the folder.
 * It runs in another process, whose start does not count. There is no contender where the peer is not installed.
 */
export function peerContender(
  folder: string,
  { count, batch }: { readonly count: number; readonly batch: number },
): { readonly peer?: () => Promise<number> } {
  if (!installed) return {};
  let runs = 0;
  const perSecond = async (): Promise<number> => {
    const path = join(folder, `peer-${batch}-${(runs += 1)}.db`);
    const args = [program, path, String(count), String(batch)];
    const { stdout } = await run(process.execPath, args, { timeout: 60_000 });
    return figure.parse(JSON.parse(lastLine(stdout))).perSecond;
  };
  return { peer: perSecond };
}

/** The peer prints the errors that it meets before it hands them on. */
function lastLine(output: string): string {
  return output.trimEnd().split('\n').at(-1) ?? '';
}

import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('lease-holder-process.ts', import.meta.url));

interface LeaseHolder extends AsyncDisposable {
  readonly child: ChildProcessByStdio<null, Readable, null>;
  /** What it said so far. */
  readonly said: string;
}

/** Another process, which holds the role of the publisher by a lease. Returns when it has it. */
export async function startLeaseHolder(of: {
  server: string;
  ledgerId: string;
  ttlMs: number;
}): Promise<LeaseHolder> {
  const child = spawn(process.execPath, [file, of.server, of.ledgerId, String(of.ttlMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk) => (said += String(chunk)));
  await once(child.stdout, 'data');
  return {
    child,
    get said() {
      return said;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

import { readdirSync, readFileSync } from 'node:fs';

/** What this process takes of its machine. */
export interface ProcessFacts {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly heapBytes: number;
  /** Since 1970. */
  readonly startSeconds: number;
  /** Undefined where the system does not tell. */
  readonly openFiles: number | undefined;
  readonly openFilesMax: number | undefined;
}

const startSeconds = Math.round(Date.now() / 1_000 - process.uptime());

export function processFacts(): ProcessFacts {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  return {
    ...{ cpuSeconds: (user + system) / 1e6, residentBytes: rss, heapBytes: heapUsed, startSeconds },
    openFiles: unlessUntold(() => readdirSync('/proc/self/fd').length),
    openFilesMax: unlessUntold(() =>
      Number(/^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]),
    ),
  };
}

function unlessUntold(found: () => number): number | undefined {
  try {
    const value = found();
    return Number.isFinite(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

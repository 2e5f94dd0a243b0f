import { readFileSync } from 'node:fs';

/**
 * The most bytes of a file that this process may write (RLIMIT_FSIZE); undefined for no limit, or where the system does
 * not tell: only Linux does.
 */
export function fileBytesMax(): number | undefined {
  const limit = /^Max file size\s+(\d+)/m.exec(limits())?.[1];
  return limit === undefined ? undefined : Number(limit);
}

function limits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return '';
  }
}

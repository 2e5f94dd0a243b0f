import type { Actor } from '../../events/entry.ts';
import { momentWords } from './moment-words.ts';

/** The facts that are told of an entry: who recorded it, when and why. */
interface Told {
  readonly seq: number;
  readonly type: string;
  /** UTC with milliseconds. */
  readonly time: string;
  readonly by: string;
  readonly authenticated: Actor['authenticated'];
  readonly reason?: string;
  readonly source?: string;
}

/** An event as one line: `seq 12, 2026-03-01T12:00:00.000Z: PolicyEnacted by sam (os-user), reason "...", source ...`. */
export function originWords({ type, ...told }: Told): string {
  return `${momentWords(told)}: ${type} ${authorWords(told)}`;
}

/** `by sam (os-user), reason "...", source ...`. */
export function authorWords({
  by,
  authenticated,
  reason,
  source,
}: Pick<Told, 'by' | 'authenticated' | 'reason' | 'source'>): string {
  return [
    `by ${by} (${authenticated})`,
    ...(reason === undefined ? [] : [`reason ${JSON.stringify(reason)}`]),
    ...(source === undefined ? [] : [`source ${source}`]),
  ].join(', ');
}

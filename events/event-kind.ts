import type { z } from 'zod';

/**
 * A kind of event: its current version, its meaning in one line, the shape of its data, and its subject.
 * `upcasters[n]` turns data of version n into version n + 1; a version without one cannot be read.
 */
export interface EventKind<Data> {
  readonly version: number;
  readonly meaning: string;
  readonly schema: z.ZodType<Data>;
  readonly subject: (data: Data) => string;
  readonly tenant?: (data: Data) => string | undefined;
  /** When it takes effect, where that is not when it is recorded. */
  readonly effectiveAt?: (data: Data) => string;
  /** Why versions without a way up are not read any longer, in words that follow the version. */
  readonly tooOld?: string;
  readonly upcasters?: Readonly<Record<number, (data: Record<string, unknown>) => Record<string, unknown>>>;
}

import { defined } from './codec/defined.ts';
import { catalogue, type DomainEvent } from './catalogue.ts';
import type { EventKind } from './event-kind.ts';

/** An event on its way into a ledger: addressed and versioned, not yet placed, timed or identified. */
export interface EventDraft {
  readonly subject: string;
  readonly type: string;
  readonly schemaVersion: number;
  readonly tenant?: string;
  readonly effectiveAt?: string;
  readonly data: object;
}

/** Addresses an event as its catalogue row says, after checking its data. Throws a ZodError for data against the schema. */
export function draftOf(event: DomainEvent): EventDraft {
  // Event and row belong together by type, which the compiler cannot follow through a look-up by name.
  // eslint-disable-next-line @typescript-eslint/consistent-type-assertions
  const kind = catalogue[event.type] as EventKind<object>;
  const data = kind.schema.parse(event.data);
  const tenant = kind.tenant?.(data);
  const effectiveAt = kind.effectiveAt?.(data);
  return {
    subject: kind.subject(data),
    type: event.type,
    schemaVersion: kind.version,
    ...defined({ tenant, effectiveAt }),
    data,
  };
}

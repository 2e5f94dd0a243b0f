import type { DomainEvent, EventData } from '../../events/catalogue.ts';
import type { OverlayObject } from '../../events/overlay-objects.ts';
import { dealOut } from '../../events/codec/parts.ts';
import { deltaOf } from './delta.ts';
import type { ForeignState } from '../runtime/errors.ts';
import { foundText } from '../runtime/found-text.ts';
import type { HostReading } from './port.ts';

/**
 * The acknowledged state of a host: a plan (0 if it was to hold nothing), with the objects of its set and their
 * digest.
 */
export interface Expected extends Pick<EventData<'DriftDetected'>, 'shard' | 'host' | 'plan' | 'expected'> {
  readonly objects: ReadonlyMap<string, OverlayObject>;
}

/** What was found at a host in place of what it acknowledged. */
export type HostContents = HostReading | { readonly kind: 'foreign'; readonly fault: ForeignState };

/** The drift of a host from its acknowledged state, as events of one batch. */
export function driftEvents({ objects, ...header }: Expected, reading: HostContents): DomainEvent[] {
  switch (reading.kind) {
    case 'nothing':
      return [{ type: 'DriftDetected', data: { ...header, found: 'nothing', put: [], removed: [] } }];
    case 'unreadable':
    case 'foreign': {
      const problem =
        reading.kind === 'foreign' ? `objects of ledger ${reading.fault.ledger}` : reading.problem;
      const data = { ...header, found: reading.kind, problem: foundText(problem), put: [], removed: [] };
      return [{ type: 'DriftDetected', data }];
    }
    case 'objects': {
      const { digest, objects: found } = reading.state;
      return dealOut(deltaOf(objects, found)).map((part) => ({
        type: 'DriftDetected',
        data: { ...header, found: 'objects', digest, ...part },
      }));
    }
  }
}

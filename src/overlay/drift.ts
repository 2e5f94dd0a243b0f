import type { DomainEvent, EventData } from '../../events/catalogue.ts';
import { dealOut } from '../../events/codec/parts.ts';
import type { Delta } from './delta.ts';
import type { ForeignState } from '../runtime/errors.ts';
import { foundText } from '../runtime/found-text.ts';

/** The acknowledged state of a host: a plan (0 if it was to hold nothing), with the digest of its set. */
type Expected = Pick<EventData<'DriftDetected'>, 'shard' | 'host' | 'plan' | 'expected'>;

/** What was found at a host in place of what it acknowledged; objects by how they differ from those. */
export type Drift =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'unreadable'; readonly problem: string }
  | { readonly kind: 'foreign'; readonly fault: ForeignState }
  | { readonly kind: 'objects'; readonly digest: string; readonly delta: Delta };

/** The drift of a host from its acknowledged state, as events of one batch. */
export function driftEvents(expected: Expected, drift: Drift): DomainEvent[] {
  switch (drift.kind) {
    case 'nothing':
      return [{ type: 'DriftDetected', data: { ...expected, found: 'nothing', put: [], removed: [] } }];
    case 'unreadable':
    case 'foreign': {
      const problem = drift.kind === 'foreign' ? `objects of ledger ${drift.fault.ledger}` : drift.problem;
      const data = { ...expected, found: drift.kind, problem: foundText(problem), put: [], removed: [] };
      return [{ type: 'DriftDetected', data }];
    }
    case 'objects': {
      const { digest, delta } = drift;
      return dealOut(delta).map((part) => ({
        type: 'DriftDetected',
        data: { ...expected, found: 'objects', digest, ...part },
      }));
    }
  }
}

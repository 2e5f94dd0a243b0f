import type { DomainEvent } from '../../events/catalogue.ts';
import type { Policy } from '../../events/estate.ts';
import { copyDirectory, emptyDirectory, foldDirectory, type Directory } from '../directory/directory.ts';

/** The intended state of the overlay: the directory, the policies in force, and the VNIs that segments hold. */
export interface Intended {
  readonly directory: Directory;
  readonly policies: Map<string, Policy>;
  /** By segment, or by external with a gateway. */
  readonly vnis: Map<string, HeldVni>;
}

export interface HeldVni {
  readonly shard: string;
  readonly vni: number;
}

export function emptyIntended(): Intended {
  return { directory: emptyDirectory(), policies: new Map(), vnis: new Map() };
}

/** A copy that can be folded further without touching the first. */
export function copyIntended({ directory, policies, vnis }: Intended): Intended {
  return { directory: copyDirectory(directory), policies: new Map(policies), vnis: new Map(vnis) };
}

/** Folds one event into the state that is given; total over all events. */
export function foldIntended(intended: Intended, event: DomainEvent): void {
  switch (event.type) {
    case 'PolicyEnacted':
      intended.policies.set(event.data.policy.tenant, event.data.policy);
      return;
    case 'VniAllocated':
      intended.vnis.set(event.data.segment, { shard: event.data.shard, vni: event.data.vni });
      return;
    case 'VniReleased':
      intended.vnis.delete(event.data.segment);
      return;
    default:
      foldDirectory(intended.directory, event);
  }
}

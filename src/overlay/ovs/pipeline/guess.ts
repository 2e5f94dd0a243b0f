import type { OverlayObject } from '../../../../events/overlay-objects.ts';
import type { Delta } from '../../delta.ts';

/** That an object is not there. */
export function without(key: string): Delta {
  return { put: [], removed: [key] };
}

/** That an object is there, in place of the one with its key. */
export function having(object: OverlayObject): Delta {
  return { put: [object], removed: [] };
}

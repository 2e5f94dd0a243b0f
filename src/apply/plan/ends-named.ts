import type { OverlayObject } from '../../../events/overlay-objects.ts';

/**
 * What an object is about: segments and endpoints, each with its tenant before it, and externals. A route names nobody: it comes with a
 * grant, or with the network of one of its ends.
 */
export function endsNamed(object: OverlayObject): readonly string[] {
  switch (object.kind) {
    case 'network':
      return [object.segment];
    case 'binding':
    case 'qos':
      return [object.endpoint];
    case 'acl':
      return [object.from, object.to];
    case 'route':
    case 'host':
      return [];
  }
}

import { entryBytesMax } from '../../../events/entry.ts';
import { keyOf, type OverlayObject } from '../../../events/overlay-objects.ts';
import { foundText } from '../../runtime/found-text.ts';

/** Bytes of an entry that are kept free for its envelope, and for what an event says beside one object. */
const entryBytesReserved = 3_072;

/** The most bytes of one object that is found: an object is in one event, as drift. */
const objectBytesMax = entryBytesMax - entryBytesReserved;

/** The most characters that are told of an object's key. */
const keyMax = 100;

/** As JSON writes half a character; the name of no endpoint holds a backslash. */
const halfCharacter = /\\ud[89a-f]/;

/** Why objects that were found at a host are no set that can be recorded, in words; undefined if they are one. */
export function flawOfObjects(objects: readonly OverlayObject[]): string | undefined {
  const keys = new Set<string>();
  for (const object of objects) {
    const key = keyOf(object);
    const flaw = keys.has(key) ? 'stands twice' : flawOf(object);
    if (flaw !== undefined) return `${foundText(key, keyMax)} ${flaw}`;
    keys.add(key);
  }
  return undefined;
}

function flawOf(object: OverlayObject): string | undefined {
  const json = JSON.stringify(object);
  if (halfCharacter.test(json)) return 'holds half a character';
  const bytes = Buffer.byteLength(json);
  return bytes > objectBytesMax ? `has ${String(bytes)} bytes` : undefined;
}

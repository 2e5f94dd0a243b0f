import { z } from 'zod';
import { name } from '../../../events/names.ts';
import { leafHash } from '../../ledger/merkle/hash.ts';
import type { StreamEntry } from '../event-stream.ts';
import type { EventFormat, FormatContext } from '../formats/format.ts';
import type { MirrorMessage } from './port.ts';

/** How entries are written for those who read the mirror. */
export interface MirrorForm {
  readonly format: EventFormat;
  readonly context: FormatContext;
}

const aboutShard = z.object({ shard: name });

/** The message of an entry. Throws UnreadableEntry. */
export function messageOf(entry: StreamEntry, { format, context }: MirrorForm): MirrorMessage {
  const { seq, stored, envelope, isVoid } = entry;
  return {
    seq,
    shard: aboutShard.safeParse(envelope.data).data?.shard,
    tenant: envelope.tenant,
    // Whoever takes only some types must not take what has no effect for what it would have been.
    type: isVoid ? 'Void' : envelope.type,
    leaf: leafHash(stored.bytes),
    body: format.write(entry, context),
    contentType: format.contentType,
  };
}

import { entryBytesMax } from '../../events/entry.ts';

/** A file of documents, in bytes: 1 MiB. */
export const documentFileBytesMax = 1_048_576;

/** Rules of one policy, egress and ingress together, as written. */
export const policyRulesMax = 500;

/** What an entry's envelope may need (names, actor, reason, source), kept free in every entry. */
const envelopeBytesReserved = 2_048;

/** What one event may hold, as canonical bytes: a document that takes more could not become an entry. */
export const eventBytesMax = entryBytesMax - envelopeBytesReserved;

/** Mappings and lists inside one another; the deepest document needs 5. */
export const nestingDepthMax = 16;

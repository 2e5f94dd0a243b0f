import { entryBytesMax } from '../../events/entry.ts';

/** The largest file of documents, in bytes: 1 MiB. */
export const documentFileBytesMax = 1_048_576;

/** The most rules of one policy: egress and ingress together, before duplicates are merged. */
export const policyRulesMax = 500;

/**
 * The most segments of one tenant. What connects them, and what hosts hold for that, grows with the square of them: with
 * this many each way, about 250,000 pairs.
 */
export const tenantSegmentsMax = 500;

/** Bytes of every entry that are kept free for its envelope: names, actor, reason, source. */
const envelopeBytesReserved = 2_048;

/** The most canonical bytes of one event's data. A larger document could not become an entry. */
export const eventBytesMax = entryBytesMax - envelopeBytesReserved;

/** The most levels of mappings and lists inside one another. The deepest kind of document needs 5. */
export const nestingDepthMax = 16;

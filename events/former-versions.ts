/** The digest of a set became one of buckets; what it was before does not tell what it would be now. */
export const otherDigests = {
  tooOld: 'names sets of objects by digests of an earlier kind: begin a new ledger from the documents',
};

/** Version 3 says when the whole host was seen. An entry that does not say it is taken to rest on a mark alone. */
export const seenByMark = {
  upcasters: {
    2: (data: Record<string, unknown>): Record<string, unknown> => ({ ...data, seenWhole: null }),
  },
};

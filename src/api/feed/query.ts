import { z } from 'zod';
import { formatNames } from '../../siem/formats/named.ts';
import { ocsfVersions } from '../../siem/formats/ocsf/versions.ts';

/** The most entries of a page. */
const limitMax = 1_000;
/** More than any ledger has. */
const seqMax = 1e15;

/** A whole number as it stands in a URL. Other spellings of it, as `1e3`, are none. */
function whole(number: z.ZodInt): z.ZodPreprocess<z.ZodInt> {
  return z.preprocess(
    (given) =>
      typeof given === 'string' && /^-?(0|[1-9]\d{0,14})(\.\d{1,15})?$/.test(given) ? Number(given) : given,
    number,
  );
}

const after = whole(
  z.int().min(-1).max(seqMax).meta({
    description: 'The last entry that the reader has: what comes is behind it. -1, or left out, for all.',
  }),
);

const wanted = {
  format: z
    .enum(formatNames)
    .default('cloudevents')
    .meta({ description: 'How each event is written: src/siem/FORMATS.md says which field holds what.' }),
  ocsfVersion: z
    .enum(ocsfVersions)
    .exactOptional()
    .meta({ description: 'With the format ocsf: the version of its schema.' }),
  type: z
    .union([z.string(), z.array(z.string()).max(100)])
    .exactOptional()
    .meta({ description: 'Only these kinds of events, such as PolicyEnacted; not with the format entries.' }),
  tenant: z
    .string()
    .exactOptional()
    .meta({ description: "Only one tenant's or external's events; not with the format entries." }),
};

export const streamQuery = z.strictObject({ after: after.default(-1), ...wanted });

export const pageQuery = z.strictObject({
  after: after.default(-1),
  limit: whole(
    z.int().min(1).max(limitMax).meta({ description: 'The most events of the page; 100 if left out.' }),
  ).default(100),
  ...wanted,
});

/** What a reader of the feed asks for. */
export type FeedQuery = z.infer<typeof streamQuery>;

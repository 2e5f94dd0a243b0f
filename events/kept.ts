import { z } from 'zod';
import { digest, name } from './names.ts';

/**
 * A program keeps, beside its ledger, what the first `size` entries come to by `projection`, in a form that `version` of it
 * writes. `digest` is the SHA-256 of the file's exact bytes: a file that no entry vouches for is not used.
 */
export const stateKept = z.strictObject({
  projection: name,
  version: z.int().min(1),
  size: z.int().min(1),
  digest,
});

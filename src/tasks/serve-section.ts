import { z } from 'zod';
import { rolePattern } from '../../events/service.ts';
import type { DocumentReader } from '../policy/document-reader.ts';
import { textForm } from '../policy/field-doc.ts';
import { fieldSet, list } from '../policy/fields.ts';
import { Flaw } from '../policy/flaw.ts';

/** How isoledger serve works. */
export interface ServeSection {
  /** The roles that this process may have: a word stands for all roles that begin with it. All if left out. */
  readonly roles: readonly string[] | undefined;
  /** How often each host is read whole, whether anything came or not, in seconds. */
  readonly wholeReadingSeconds: number;
}

const wholeReadingDefault = 600;

/** What holds where nothing is said. */
export const serveByDefault: ServeSection = { roles: undefined, wholeReadingSeconds: wholeReadingDefault };

export const serveFields = fieldSet(
  {
    roles: list.exactOptional(),
    wholeReadingSeconds: z.int().min(1).max(86_400).exactOptional(),
  },
  {
    roles: {
      says: 'The roles that this process may have; a word stands for all roles that begin with it.',
      form: { is: 'list', of: textForm('a role', rolePattern), itemsMin: 1 },
      example: ['clock', 'verifier', 'applier'],
      absent: 'all that there is something to do for, but for the verifier, which is to be named',
      alsoCalled: ['role'],
    },
    wholeReadingSeconds: {
      says: 'How often each host is read whole, so that what somebody changed there is found.',
      form: {
        is: 'value',
        words: 'seconds, 1 to 86400',
        json: { type: 'integer', minimum: 1, maximum: 86_400 },
      },
      example: wholeReadingDefault,
      default: wholeReadingDefault,
      alsoCalled: ['readingSeconds', 'interval'],
    },
  },
);

/** Reads the section `serve`. What is wrong in it is reported to the reader. */
export function readServeSection(reader: DocumentReader, value: unknown): ServeSection {
  if (value === undefined) return serveByDefault;
  const { known } = reader.fields(serveFields, value, ['serve']);
  const roles = known?.roles && reader.items(z.string(), known.roles, ['serve', 'roles']);
  for (const { value: role, index } of roles ?? [])
    if (!rolePattern.test(role))
      reader.report(
        ['serve', 'roles', index],
        new Flaw('this is no role', { allowed: 'a word, or a word with a name, as clock or applier/east' }),
      );
  if (roles !== undefined) reader.indexByName(['serve', 'roles'], roles);
  if (roles?.length === 0)
    reader.report(['serve', 'roles'], new Flaw('there is no role', { allowed: 'one role at least' }));
  return {
    roles: roles?.map((role) => role.value),
    wholeReadingSeconds: known?.wholeReadingSeconds ?? wholeReadingDefault,
  };
}

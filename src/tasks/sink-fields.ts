import { z } from 'zod';
import { textForm, wordForm, type FieldDoc } from '../policy/field-doc.ts';
import { fieldSet } from '../policy/fields.ts';
import { formatNames, type FormatName } from '../siem/formats/named.ts';
import { defaultOcsfVersion, ocsfVersions } from '../siem/formats/ocsf/versions.ts';
import { sinkKinds, type SinkSettings } from '../siem/sinks/settings.ts';

export type SinkKind = SinkSettings['kind'];

/** The format of a sink for which none is named: what its receivers read by themselves. */
export const formatsByDefault: Readonly<Record<SinkKind, FormatName>> = { file: 'cloudevents' };

export const rotateMegabytesDefault = 100;

const shared = {
  kind: z.enum(sinkKinds),
  format: z.enum(formatNames).exactOptional(),
  ocsfVersion: z.enum(ocsfVersions).exactOptional(),
};

/** What is said of the keys that every sink has. */
function sharedDocs(kind: SinkKind): Readonly<Record<keyof typeof shared, FieldDoc>> {
  return {
    kind: { says: 'What takes the events.', form: wordForm(sinkKinds), example: kind, alsoCalled: ['type'] },
    format: {
      says: 'How each event is written.',
      form: wordForm(formatNames),
      example: formatsByDefault[kind],
      default: formatsByDefault[kind],
    },
    ocsfVersion: {
      says: 'The version of OCSF, where that is the format.',
      form: wordForm(ocsfVersions),
      example: defaultOcsfVersion,
      default: defaultOcsfVersion,
    },
  };
}

function pathDoc(says: string, rest: Partial<FieldDoc> & Pick<FieldDoc, 'example'>): FieldDoc {
  return {
    says: `${says} A path is relative to the configuration.`,
    form: textForm('the path of a file'),
    ...rest,
  };
}

/** A whole number between two bounds, both included. */
function numberDoc(
  says: string,
  [least, most]: readonly [number, number],
  rest: Pick<FieldDoc, 'example' | 'default' | 'absent'>,
): FieldDoc {
  const json = { type: 'integer', minimum: least, maximum: most };
  return {
    says,
    form: { is: 'value', words: `a number, ${String(least)} to ${String(most)}`, json },
    ...rest,
  };
}

const megabytes = [1, 100_000] as const;
const files = [1, 1_000_000] as const;

export const fileFields = fieldSet(
  {
    ...shared,
    path: z.string().min(1),
    rotateMegabytes: z.int().min(megabytes[0]).max(megabytes[1]).exactOptional(),
    keepFiles: z.int().min(files[0]).max(files[1]).exactOptional(),
  },
  {
    ...sharedDocs('file'),
    path: pathDoc('The file to which a line is added for each event. Its folder has to be there.', {
      example: '/var/log/isoledger/events.ndjson',
      alsoCalled: ['file', 'filename'],
    }),
    rotateMegabytes: numberDoc('A file is set aside before it is larger.', megabytes, {
      example: rotateMegabytesDefault,
      default: rotateMegabytesDefault,
    }),
    keepFiles: numberDoc('How many files that were set aside are kept.', files, {
      example: 30,
      absent: 'all are kept',
    }),
  },
);

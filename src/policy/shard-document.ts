import { z } from 'zod';
import type { DocumentReader } from './document-reader.ts';
import { wholeExample, wordForm, type DescribedFields, type FieldDoc } from './field-doc.ts';
import { fieldSet, header, headerDocs, text } from './fields.ts';
import { excerpt } from './excerpt.ts';
import { notAmong } from './explain-issue.ts';
import { Flaw } from './flaw.ts';
import { name, nameForm } from './names.ts';
import { nearestWord } from './nearest-word.ts';
import type { Installation } from './installation.ts';
import type { Parsed } from './parsed.ts';
import { duration, durationForm, vni, vniForm } from './quantities.ts';

const revocationLimitSecondsDefault = 60;

/** Drivers that have a name already, and no code in this version. */
const driversToCome = ['ovn'];

/** The driver of a shard whose document names none. */
const driverDefault = 'embedded';

const tunnels = ['vxlan', 'geneve'] as const;

const vnisFields = fieldSet(
  { from: vni, to: vni },
  {
    from: {
      says: 'The first VNI of the shard.',
      form: vniForm,
      example: 5000,
      alsoCalled: ['first', 'start', 'min'],
    },
    to: { says: 'Its last VNI.', form: vniForm, example: 5999, alsoCalled: ['last', 'end', 'max'] },
  },
);

const shardDocs = {
  ...headerDocs('Shard'),
  shard: {
    says: 'The name of the shard: a part of the overlay, whose hosts build tunnels among themselves.',
    form: nameForm,
    example: 'shard-1',
    alsoCalled: ['name', 'id'],
  },
  tunnel: {
    says: 'The encapsulation between its hosts.',
    form: wordForm(tunnels),
    example: 'geneve',
    default: 'vxlan',
    alsoCalled: ['encapsulation', 'encap'],
  },
  vnis: {
    says: 'The VNIs that its segments are given. The ranges of two shards never overlap.',
    form: { is: 'mapping', fields: vnisFields },
    example: wholeExample(vnisFields),
    alsoCalled: ['vni', 'range', 'vniRange'],
  },
  revocationLimit: {
    says: 'How long a revocation may take before it counts as a violation.',
    form: durationForm,
    example: '2m',
    default: `${revocationLimitSecondsDefault}s`,
  },
} satisfies Record<string, FieldDoc>;

/** What is said of the fields of a Shard document. Which drivers there are depends on the program. */
export function shardFields(installation: Installation): DescribedFields {
  return shardFieldsWith(installation);
}

const shardFieldsWith = ({ drivers }: Installation) =>
  fieldSet(
    {
      ...header,
      shard: name,
      overlay: text((written) => readDriver(written, drivers)).default(driverDefault),
      tunnel: text(readTunnel).default('vxlan'),
      vnis: z.unknown(),
      revocationLimit: duration.default(revocationLimitSecondsDefault),
    },
    {
      ...shardDocs,
      overlay: {
        says: 'The driver of its overlay.',
        form: wordForm(drivers),
        example: driverDefault,
        default: driverDefault,
        alsoCalled: ['driver'],
      },
    },
  );

/** Reads a Shard document. */
export function parseShard(reader: DocumentReader, value: unknown, installation: Installation): Parsed {
  const { whole, known } = reader.fields(shardFieldsWith(installation), value, []);
  const vnis = known?.vnis === undefined ? undefined : readVnis(reader, known.vnis);
  return {
    name: known?.shard,
    identities: new Map(),
    document: whole &&
      vnis && {
        kind: 'Shard',
        value: {
          shard: whole.shard,
          overlay: whole.overlay,
          tunnel: whole.tunnel,
          vnis,
          revocationLimitSeconds: whole.revocationLimit,
        },
      },
  };
}

function readDriver(written: string, drivers: readonly string[]): string | Flaw {
  if (drivers.includes(written)) return written;
  const message = driversToCome.includes(written)
    ? `the overlay driver ${written} is not built in this version`
    : `unknown overlay driver ${excerpt(written)}`;
  return new Flaw(message, { allowed: drivers.join(', '), nearest: nearestWord(written, drivers) });
}

function readTunnel(written: string): (typeof tunnels)[number] | Flaw {
  const message = 'stt is no longer built into Open vSwitch: its packets only look like TCP';
  if (written === 'stt') return new Flaw(message, { allowed: tunnels.join(', ') });
  return tunnels.find((known) => known === written) ?? notAmong(tunnels, written);
}

function readVnis(reader: DocumentReader, value: unknown): { from: number; to: number } | undefined {
  const { whole } = reader.fields(vnisFields, value, ['vnis']);
  if (whole !== undefined && whole.from > whole.to) {
    const flaw = new Flaw('this range is reversed: from is above to', {
      allowed: `{ from: ${whole.to}, to: ${whole.from} }`,
    });
    reader.report(['vnis'], flaw);
  }
  return whole;
}

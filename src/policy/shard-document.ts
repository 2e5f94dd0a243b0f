import { z } from 'zod';
import type { DocumentReader } from './document-reader.ts';
import { fieldSet, header, text } from './fields.ts';
import { excerpt } from './excerpt.ts';
import { Flaw } from './flaw.ts';
import { name } from './names.ts';
import { nearestWord } from './nearest-word.ts';
import type { Installation } from './installation.ts';
import type { Parsed } from './parsed.ts';
import { duration, vni } from './quantities.ts';

const revocationLimitSecondsDefault = 60;

/** Drivers that have a name already, and no code in this version. */
const driversToCome = ['ovs', 'ovn'];

/** The driver of a shard whose document names none. */
const driverDefault = 'embedded';

const shardFieldsWith = ({ drivers }: Installation) =>
  fieldSet({
    ...header,
    shard: name,
    overlay: text((written) => readDriver(written, drivers)).default(driverDefault),
    tunnel: z.enum(['vxlan', 'geneve']).default('vxlan'),
    vnis: z.unknown(),
    revocationLimit: duration.default(revocationLimitSecondsDefault),
  });
const vnisFields = fieldSet({ from: vni, to: vni });

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

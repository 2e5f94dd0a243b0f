import { decodeEntry } from '../../events/codec/decode.ts';
import type { EventFormat } from '../../src/siem/formats/format.ts';
import { formatNamed, formatNames } from '../../src/siem/formats/named.ts';
import { ocsfVersions } from '../../src/siem/formats/ocsf/versions.ts';
import { samples } from '../unit/events/samples.ts';
import { context, streamed } from '../unit/siem/stream-sample.ts';
import { medians, perSecond } from './harness/measure.ts';
import { rowOf, type Row } from './harness/row.ts';

const entriesInRound = 20_000;
const floorName = 'JSON.stringify of the decoded entry';

/** How fast entries are written in each format: every kind of event in turn. The floor is what any of them costs at least. */
export async function formatsBench(): Promise<readonly Row[]> {
  const entries = Object.values(samples).map((sample) => streamed(sample));
  const forms = formatNames.flatMap((name): readonly (readonly [string, EventFormat])[] =>
    name === 'ocsf'
      ? ocsfVersions.map((ocsfVersion) => [`ocsf ${ocsfVersion}`, formatNamed(name, { ocsfVersion })])
      : [[name, formatNamed(name)]],
  );
  const contenders = forms.map(
    ([name, { write }]) => [name, writing(entries, (entry) => write(entry, context))] as const,
  );
  const floor = writing(
    entries.map(({ stored }) => decodeEntry(stored)),
    (entry) => JSON.stringify(entry),
  );
  const figures = await medians({ [floorName]: floor, ...Object.fromEntries(contenders) });
  return forms.map(([name]) =>
    rowOf({
      case: `written as ${name}`,
      value: figures.of(name),
      unit: 'entries/s',
      floor: { is: floorName, value: figures.of(floorName) },
    }),
  );
}

function writing<Item>(items: readonly Item[], write: (item: Item) => string): () => Promise<number> {
  return () =>
    perSecond(entriesInRound, () => {
      for (let done = 0; done < entriesInRound;) {
        for (const item of items) {
          write(item);
          done += 1;
        }
      }
    });
}

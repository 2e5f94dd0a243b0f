import { ofKind } from '../bench/estate/documents.ts';
import { applying } from './deeds/apply.ts';
import type { Deed } from './deeds/deed.ts';
import { quarantining, syncing } from './deeds/drive.ts';
import { holding, resuming } from './deeds/hold.ts';
import { chooseFolder } from './changes/choose.ts';
import { quarantinable } from '../support/quarantinable.ts';
import type { World } from './world.ts';

/** Something that somebody might do now. */
export function chooseDeed(world: World): Deed {
  const { random } = world;
  const dice = random.next();
  if (dice < 0.42) return applying(chooseFolder(world));
  if (dice < 0.68) return syncing({});
  if (dice < 0.76) return syncing({ shards: [anyShard(world)] });
  if (dice < 0.8) return syncing({ only: 'restrictions' });
  if (dice < 0.96) return quarantineOrRelease(world);
  return holdOrResume(world);
}

function quarantineOrRelease(world: World): Deed {
  const { expectation, random } = world;
  const { documents, quarantined } = expectation.now;
  const waits = random.chance(0.7);
  const subjects = quarantinable(documents);
  const [held] = subjects.filter(({ name }) => quarantined.has(name));
  if (held !== undefined && random.chance(0.6)) return quarantining(held, 'release', waits);
  if (subjects.length === 0) return syncing({});
  const kind = random.pick(['tenant', 'segment', 'external']);
  const alike = subjects.filter((subject) => subject.kind === kind);
  return quarantining(random.pick(alike.length > 0 ? alike : subjects), 'quarantine', waits);
}

function holdOrResume(world: World): Deed {
  const { expectation, random } = world;
  const [held] = expectation.held.keys();
  // Nobody holds one shard after another without ever letting go: most of what there is to see would stand still.
  if (held !== undefined && random.chance(0.85)) return resuming(held);
  return holding(anyShard(world), Math.max(0, random.pick(expectation.editions).seq));
}

function anyShard({ expectation, random }: World): string {
  const shards = ofKind(expectation.now.documents, 'Shard');
  return shards.length === 0 ? 'shard-1' : random.pick(shards).shard;
}

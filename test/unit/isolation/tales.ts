import type { DomainEvent } from '../../../events/catalogue.ts';
import { History } from './history.ts';
import { emptyWorld, nextWorld, type World } from './plain-meaning.ts';
import { randomChanges, randomEstate, randomRollout, type Dice } from './random-estate.ts';

/** What was in force at the end of a batch, and since when. */
export interface Age {
  readonly since: string;
  readonly world: World;
}

export interface Tale {
  readonly history: History;
  readonly ages: readonly Age[];
  /** The revocation limit of each host's shard, in seconds. */
  readonly limits: ReadonlyMap<string, number>;
}

/** An estate, its roll-out, and changes of either with whole seconds between them. */
export function randomTale(dice: Dice): Tale {
  const history = new History();
  const ages: Age[] = [];
  let world = emptyWorld;
  const record = (events: readonly DomainEvent[]): void => {
    history.record(...events);
    world = nextWorld(world, events);
    ages.push({ since: history.now, world });
  };
  const estate = randomEstate(dice);
  record(estate);
  randomRollout(history, dice);
  for (let count = dice.below(3); count > 1; count -= 1) {
    history.wait(Math.floor(dice.below(30)));
    record(randomChanges(dice));
    if (dice.chance(0.5)) randomRollout(history, dice);
  }
  history.wait(Math.floor(dice.below(70)));
  return { history, ages, limits: limitsOf(estate) };
}

function limitsOf(estate: readonly DomainEvent[]): Map<string, number> {
  const shards = new Map<string, number>();
  const limits = new Map<string, number>();
  for (const { type, data } of estate) {
    if (type === 'ShardRegistered') shards.set(data.shard, data.revocationLimitSeconds);
  }
  for (const { type, data } of estate) {
    if (type === 'HostRegistered') limits.set(data.host, shards.get(data.shard) ?? NaN);
  }
  return limits;
}

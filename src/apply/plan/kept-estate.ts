import { z } from 'zod';
import type { DesiredStep } from '../../../projections/applied/desired-then.ts';
import { isMostOf } from '../../../projections/applied/planned-set.ts';
import { estateProjection, type Estate } from '../../projector/estate-projection.ts';
import type { Projection } from '../../projector/projection.ts';
import { outlookOn } from './shard-outlook.ts';

/** What is kept beside the estate: by shard, what it is to hold. A shard that is far from it is left out. */
interface KeptSteps {
  readonly desired: readonly (readonly [shard: string, step: DesiredStep])[];
}

const keptSteps = z.custom<KeptSteps>();

/**
 * The estate as it is kept: with what each shard is to hold, at the time of the last entry. The usual case is what was planned
 * for it. A later command follows what came since, and does not translate the whole shard again.
 */
export const keptEstate: Projection<Estate> = {
  ...estateProjection,
  save: (state, at) => ({ ...estateProjection.save(state), desired: stepsOf(state, at) }),
  load: (saved) => {
    const estate = estateProjection.load(saved);
    for (const [shard, step] of keptSteps.parse(saved).desired)
      estate.applied.shards.get(shard)?.set.leadOnTo(step);
    return estate;
  },
};

function stepsOf(estate: Estate, at: string | undefined): KeptSteps['desired'] {
  return [...estate.applied.shards].flatMap(([shard, { objects }]) => {
    if (at === undefined || !estate.intended.directory.shards.has(shard)) return [];
    const { put, removed } = outlookOn(estate, { shard, at }).delta;
    return isMostOf(objects, put.length + removed.length) ? [] : [[shard, { at, put, removed }]];
  });
}

import { Engine, findingsFor } from '../../projections/isolation/engine/engine.ts';
import { allPairs } from '../../projections/isolation/judging/contacts.ts';
import { inOrder } from '../../projections/isolation/judging/findings.ts';
import { judge, lanes } from '../../projections/isolation/judging/lanes.ts';
import { replay } from '../../src/ledger/replay.ts';
import { Broken } from './failures.ts';
import type { World } from './world.ts';

/** Whole judgements cost much: one in so many batches. */
const batchesBetween = 5;

/** Over all that a world lived through: the engine, which judges what each entry concerns, finds what judging everything finds. */
export async function requireEngineAsWhole({ ledger }: World): Promise<void> {
  for (const lane of lanes) {
    const engine = new Engine(lane, () => undefined);
    let count = 0;
    await replay(ledger, {
      onBatch: (batch) => {
        engine.follow(batch);
        count += 1;
        if (count % batchesBetween !== 0) return;
        const asked = { state: engine.state, instant: batch.recordedAt, wanted: allPairs };
        const told = [...engine.records].flatMap((record) => findingsFor(record, () => true));
        const [found, expected] = [inOrder(told, (finding) => finding), judge(lane, asked)].map((findings) =>
          JSON.stringify(findings),
        );
        if (found !== expected)
          throw new Broken(
            `after seq ${String(batch.last)} the engine finds on the ${lane} lane ${String(found)}, not ${String(expected)}`,
          );
      },
    });
  }
}

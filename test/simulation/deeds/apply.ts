import { enact, type Enacted } from '../../../src/apply/record/enact.ts';
import { problemsOf } from '../../oracle/validity.ts';
import { documentsAfter } from '../expectation.ts';
import { Broken } from '../failures.ts';
import { parsed } from '../parse.ts';
import type { Process } from '../process.ts';
import type { Folder } from '../changes/folder.ts';
import type { World } from '../world.ts';
import { withRetries, type Deed } from './deed.ts';

/** How often what was accepted is judged once more by the naive reading. */
const judgedAnew = 0.15;

/** Applies a folder. Whether it is accepted must be as the folder says; what is refused must leave nothing behind. */
export function applying(folder: Folder): Deed {
  return { name: `apply: ${folder.kind}`, run: (process) => apply(process, folder) };
}

async function apply(process: Process, folder: Folder): Promise<string> {
  const { world } = process;
  const { documents, prune } = folder;
  const idempotencyKey = world.ids(world.clock.now());
  const intent = { kind: 'apply' as const, documents, ...(prune === undefined ? {} : { prune }) };
  world.expectation.intend(idempotencyKey, intent);
  const asked = {
    documents: parsed(documents),
    ...(prune === undefined ? {} : { prune: prune === 'all' ? ('all' as const) : { tenant: prune } }),
  };
  world.say(`${process.name}: applies ${folder.words}`);
  const enacted = await withRetries(process, async () =>
    enact({ ...process.request, ...asked, idempotencyKey }, await process.estate()),
  );
  process.remember(enacted.estate);
  world.watch(() => {
    checkDecision(world, { folder, enacted, idempotencyKey });
  });
  return outcomeOf(enacted);
}

function outcomeOf({ decision, recorded }: Enacted): string {
  if (decision.kind === 'refused') return 'refused';
  if (recorded === undefined) return 'nothing to record';
  return recorded.duplicate ? 'recorded before' : 'recorded';
}

function checkDecision(
  world: World,
  { folder, enacted, idempotencyKey }: { folder: Folder; enacted: Enacted; idempotencyKey: string },
): void {
  const { decision } = enacted;
  const isStored = world.expectation.isStored(idempotencyKey);
  if (decision.kind === 'refused') {
    world.say(
      `refused: ${decision.problems
        .map(({ message }) => message)
        .join('; ')
        .slice(0, 400)}`,
    );
    // One that was stored by a try that never heard of it may be refused by now.
    if (isStored) world.coverage.note('met: refused at the retry, and stored before');
    else
      requireReason(
        world,
        folder,
        decision.problems.map(({ message }) => message),
      );
    return;
  }
  if (folder.isInvalid) throw new Broken(`${folder.words} was accepted`);
  if (!isStored || !world.random.chance(judgedAnew)) return;
  const [problem] = problemsOf(world.expectation.now.documents);
  if (problem !== undefined)
    throw new Broken(`the estate holds what the policy language refuses: ${problem}`);
}

/** Whatever is refused must be wrong in the eyes of the naive reading too, where that can see it. */
function requireReason(world: World, folder: Folder, messages: readonly string[]): void {
  if (folder.isInvalid || messages.some((message) => beyondOracle.test(message))) return;
  if (!world.isAlone) return;
  const merged = documentsAfter(world.expectation.now.documents, folder);
  if (problemsOf(merged).length === 0)
    throw new Broken(`${folder.words} was refused without a reason that shows: ${messages.join('; ')}`);
}

/** Refusals that rest on where tenants were placed before, or on VNIs: the documents alone do not say it. */
const beyondOracle = /endpoints stay on|belongs to|no free VNI|holds VNI|is gone from the folder/;

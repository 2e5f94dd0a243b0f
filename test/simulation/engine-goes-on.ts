import { isDeepStrictEqual } from 'node:util';
import { Engine } from '../../projections/isolation/engine/engine.ts';
import { foldedFor, lanes, type Lane } from '../../projections/isolation/judging/lanes.ts';
import { IsolationState, type FoldedBatch } from '../../projections/isolation/state.ts';
import { replay } from '../../src/ledger/replay.ts';
import { Broken } from './failures.ts';
import type { World } from './world.ts';

/** An engine is asked once in so many batches what is to be kept, and cut once in so many times of these. */
const batchesBetween = 5;
const keptBetween = 12;

/** Over all that a world lived through: engines that go on from what was kept of one come to all that this one does. */
export async function requireEngineGoesOn({ ledger }: World): Promise<void> {
  const batches: FoldedBatch[] = [];
  await replay(ledger, { onBatch: (batch) => batches.push(batch) });
  for (const lane of lanes) {
    const whole = new KeepingEngine(lane);
    const resumed: KeepingEngine[] = [];
    for (const [index, batch] of batches.entries()) {
      for (const { engine } of [whole, ...resumed]) engine.follow(batch);
      if (index % batchesBetween === 0) whole.keep();
      if (index % (batchesBetween * keptBetween) !== 0) continue;
      for (const one of resumed) requireSame(one, whole, batch);
      const state = new IsolationState(foldedFor(lane));
      for (const earlier of batches.slice(0, index + 1)) state.follow(earlier);
      resumed.push(new KeepingEngine(lane, { state, kept: whole.kept }));
    }
    for (const batch of batches.slice(-1)) for (const one of resumed) requireSame(one, whole, batch);
  }
}

/** An engine, its stops, and what is to be kept of it. */
class KeepingEngine {
  readonly lane: Lane;
  readonly engine: Engine;
  readonly stops: string[] = [];
  readonly kept: Map<string, string>;

  constructor(lane: Lane, from?: { readonly state: IsolationState; readonly kept: Map<string, string> }) {
    const look: ConstructorParameters<typeof Engine>[1] = ({ instant, judged, changed }) => {
      const findings = changed.map((record) => [record.from, record.to, record.findings]);
      this.stops.push(JSON.stringify([instant, [...judged], findings]));
    };
    this.lane = lane;
    this.kept = new Map(from?.kept);
    this.engine = from === undefined ? new Engine(lane, look) : Engine.resumed(lane, look, from);
  }

  keep(): void {
    for (const [key, text] of this.engine.takeKept()) {
      if (text === null) this.kept.delete(key);
      else this.kept.set(key, text);
    }
  }
}

function requireSame(one: KeepingEngine, whole: KeepingEngine, { last }: FoldedBatch): void {
  one.keep();
  whole.keep();
  const since = whole.stops.slice(whole.stops.length - one.stops.length);
  const isSame = isDeepStrictEqual([one.stops, one.kept], [since, whole.kept]);
  const place = `after seq ${String(last)} on the ${one.lane} lane`;
  if (!isSame) throw new Broken(`${place} an engine that went on is not where the first one is`);
}

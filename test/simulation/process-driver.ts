import { OverlayUnavailable } from '../../src/overlay/faults.ts';
import { isSameMark } from '../../src/overlay/fence.ts';
import type { HostChange, OverlayDriver } from '../../src/overlay/port.ts';
import { Broken } from './failures.ts';
import type { Life } from './life.ts';
import type { HostState } from '../doubles/memory-overlay.ts';
import { tamperAt } from './mischief.ts';
import { requireChangeTold, requireSetTold } from './told-sets.ts';
import { calm } from './weather.ts';
import type { World } from './world.ts';

/** How often the machine of a host stops with the process that changes it, so that its mark can be read no more. */
const tornAtCrash = 0.3;

/** How often somebody tampers with a host after it was looked at, and before it is changed. */
const tamperedAmidst = 0.02;

/** The hosts of a shard as one process drives them: see ProcessLedger. */
export function processDriver(
  world: World,
  at: { process: string; life: Life; shard: string },
): OverlayDriver {
  const { process, life, shard } = at;
  const hosts = world.hosts.driver(shard, (host) => {
    if (!world.hosts.isTampered(shard, host)) world.tampering.forget(shard, host);
    world.watch(() => {
      world.reach.check(shard, host);
    });
  });
  const driver = world.parts.driver(hosts, shard);
  /**
   * By host, how often somebody had tampered with any when it was read whole last; with all of them, when the drive began. A mark
   * that is asked for again tells nobody what lies beside it.
   */
  const looked = new Map<string, number>();
  const begun = world.hosts.tamperings;
  const say = (line: string): void => {
    world.say(`${process}: ${line}`);
  };
  const lookAt = async <Found>(host: string, look: () => Promise<Found>): Promise<Found> => {
    await world.scheduler.turn();
    life.requireOn();
    const mishap = world.mishap('host read');
    if (mishap === 'crash-before' || mishap === 'crash-after') throw life.crash(`reading ${host}`);
    if (mishap !== 'none') throw new OverlayUnavailable(`${host} does not answer`);
    return look();
  };
  const crash = (where: string, host: string): Error => {
    if (world.random.chance(tornAtCrash)) world.hosts.tamper(shard, host, 'spoilt');
    return life.crash(where);
  };
  /** What a host holds, where nobody tampered with it. */
  const sound = (host: string): HostState | undefined =>
    world.hosts.isTampered(shard, host) ? undefined : world.hosts.stateOf(shard, host);
  return {
    name: driver.name,
    mark: (host) =>
      lookAt(host, async () => {
        const before = world.hosts.markOf(shard, host);
        const answer = await driver.mark(host);
        world.watch(() => {
          const marks = [before, world.hosts.markOf(shard, host)];
          if (
            answer.kind === 'marked' &&
            !marks.some((mark) => mark !== undefined && isSameMark(mark, answer))
          )
            throw new Broken(`${host} is said to have a mark of ${shard} that it does not have`);
        });
        return answer;
      }),
    read: (host, expected) =>
      lookAt(host, () => {
        looked.set(host, world.hosts.tamperings);
        world.watch(() => {
          const state = sound(host);
          if (state === undefined) return;
          world.coverage.note(
            `read: the set of its mark is ${requireSetTold(state, expected) ? 'known' : 'lost'}`,
          );
        });
        return driver.read(host, expected);
      }),
    apply: async (host, change) => {
      await world.scheduler.turn();
      life.requireOn();
      const what = `plan ${String(change.plan)} of ${shard} at ${host}`;
      const mishap = world.mishap('host change');
      if (mishap === 'crash-before') throw crash(`before ${what}`, host);
      if (mishap === 'not-done') throw new OverlayUnavailable(`${host} refuses`);
      if (world.weather !== calm && world.random.chance(tamperedAmidst))
        say(`just before ${what}, tampering: ${tamperAt(world, { shard, host })}`);
      const known = looked.get(host) ?? begun;
      if (change.from === 'anything' && world.hosts.isTampered(shard, host, known)) {
        world.watch(() => {
          world.tampering.requireRecorded(shard, host);
        });
      }
      world.watch(() => {
        requireChangeTold(sound(host), change);
        requireLeftByHand(world, { shard, host }, change);
      });
      const leadsOn = world.hosts.isMarked(shard, host, [change.from, change]);
      const holding = await driver.apply(host, change);
      world.watch(() => {
        if (!leadsOn) throw new Broken(`${what} was made from a mark that the host does not have`);
      });
      say(`${what}: ${wordsOf(change)}`);
      world.coverage.note(`driven: from ${typeof change.from === 'string' ? change.from : 'a mark'}`);
      if (mishap === 'crash-after') throw crash(`after ${what}`, host);
      if (mishap === 'done-but-reported-failed') throw new OverlayUnavailable(`${host} did not say`);
      return holding;
    },
  };
}

/** With nobody else at work: what is done at a host by hand is overwritten by no whole set as long as that goes on. */
function requireLeftByHand(
  { handWork, isAlone, coverage }: World,
  at: { shard: string; host: string },
  { from }: HostChange,
): void {
  if (!isAlone || !handWork.isOpen(at)) return;
  if (typeof from === 'string')
    throw new Broken(`${at.host} of ${at.shard} is changed by hand, and given a whole set`);
  coverage.note('met: changed by hand, and led on from its mark');
}

function wordsOf({ from, put, removed, objects }: HostChange): string {
  const since = typeof from === 'string' ? from : `plan ${String(from.plan)}`;
  return `from ${since}, ${String(put.length)} put, ${String(removed.length)} removed, ${String(objects)} objects`;
}

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { draftOf } from '../../../events/draft.ts';
import type { Ledger } from '../../../src/ledger/port.ts';
import { openSqliteLedger } from '../../../src/ledger/sqlite/ledger.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { randomIds } from '../../../src/runtime/ids.ts';
import { Workplace } from '../../support/command-line.ts';
import { ServeProcess } from '../../support/serve-process.ts';
import { actor } from '../../support/stage.ts';
import { recordedViolations, violationsUntil } from '../../support/violations.ts';
import { History } from '../../unit/isolation/history.ts';
import { Dice } from '../../unit/isolation/random-estate.ts';
import { documents, hosts, objects } from '../../unit/isolation/small-estate.ts';
import { acls, routes } from '../../unit/isolation/wiring.ts';

const kills = 50;
/** How many processes of the service run at a time: one has the role, and the others wait for it. */
const processes = 3;

/** Hosts that let through what nobody granted, now between these and now between those, and then do not. */
class Leaks {
  readonly #ledger: Ledger;
  readonly #history = new History()
    .record(...documents)
    .plan(objects)
    .acknowledge(hosts);
  #recorded = 0;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  async change(dice: Dice): Promise<void> {
    const leaks = dice.some(
      [
        [...routes(1, 3), ...acls({ from: 'a/s', to: 'c/s', protocol: 'tcp', ports: [[22, 22]] })],
        [...routes(2, 3), ...acls({ from: 'c/s', to: 'b/s', protocol: 'icmp' })],
      ],
      0.5,
    );
    this.#history.plan([...objects, ...leaks.flat()]).acknowledge(hosts);
    for (const { entries } of this.#history.batches.slice(this.#recorded))
      await this.#ledger.append({ events: entries.map(draftOf), actor });
    this.#recorded = this.#history.batches.length;
  }
}

describe('the verifier of a service', () => {
  let place: Workplace;
  let ledger: Ledger;
  const running: ServeProcess[] = [];
  beforeEach(() => {
    place = new Workplace();
    ledger = openSqliteLedger({
      ...{ path: place.ledgerPath, create: true, clock: systemClock, ids: randomIds },
    });
  });
  afterEach(async () => {
    for (const served of running) await served[Symbol.asyncDispose]();
    await ledger.close();
    place[Symbol.dispose]();
  });

  const serve = async (): Promise<void> => {
    running.push(await ServeProcess.on(place.ledgerUrl, ['--roles', 'verifier']));
  };

  it(`killed ${String(kills)} times while violations open and close records each of them, and each end, once`, async () => {
    const seed = Date.now() % 1_000_000;
    const dice = new Dice(seed);
    const leaks = new Leaks(ledger);
    const change = { over: false, changes: 0 };
    const changing = (async () => {
      for (; !change.over; change.changes += 1) {
        await leaks.change(dice);
        await setTimeout(dice.below(80));
      }
    })();
    const starting: Promise<void>[] = Array.from({ length: processes }, serve);
    for (let killed = 0; killed < kills; killed += 1) {
      await starting.shift();
      const [holder = running[0]] = running.filter(({ log }) =>
        log.some(({ msg }) => msg === 'took the role'),
      );
      await setTimeout(dice.below(400));
      if (holder === undefined) throw new Error('no process of the service runs');
      running.splice(running.indexOf(holder), 1);
      await holder.end('SIGKILL');
      starting.push(serve());
    }
    change.over = true;
    await changing;
    await Promise.all(starting);
    const judged = async (): Promise<readonly [string[], string[]]> => {
      const recorded = await recordedViolations(ledger);
      return [recorded, await violationsUntil(ledger, systemClock.now(), systemClock)];
    };
    await expect
      .poll(
        async () => {
          const [recorded, found] = await judged();
          return recorded.length === found.length && recorded.every((row, at) => row === found[at]);
        },
        { timeout: 30_000, interval: 500 },
      )
      .toBe(true);
    const [recorded, found] = await judged();
    expect(recorded, `seed ${String(seed)}`).toEqual(found);
    expect(recorded.length).toBeGreaterThan(kills / 2);
    // Holders began with what others kept.
    expect(existsSync(join(`${place.ledgerPath}.d`, 'state', 'history', 'applied.sqlite'))).toBe(true);
    const { size } = await ledger.head();
    const [begun] = running.flatMap(({ log }) => log.filter(({ msg }) => msg === 'has judged the ledger'));
    expect(begun?.['entries']).toBeLessThan(size);
    // Nothing comes after that by itself.
    await setTimeout(2_500);
    expect((await ledger.head()).size).toBe(size);
  });
});

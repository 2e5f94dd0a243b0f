import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeEntry } from '../../../events/codec/decode.ts';
import type { Entry, StoredEntry } from '../../../events/entry.ts';
import { enact } from '../../../src/apply/record/enact.ts';
import { setQuarantine } from '../../../src/apply/record/quarantine.ts';
import { LedgerForked } from '../../../src/ledger/faults.ts';
import type {
  AppendRequest,
  AppendResult,
  Head,
  Ledger,
  ReadRange,
  SubscribeOptions,
  SubscriptionItem,
} from '../../../src/ledger/port.ts';
import type { HostChange, HeldSet, OverlayDriver } from '../../../src/overlay/port.ts';
import { estateProjection } from '../../../src/projector/estate-projection.ts';
import { unfolded } from '../../../src/projector/projection.ts';
import { systemClock, type Clock } from '../../../src/runtime/clock.ts';
import { UsageError } from '../../../src/runtime/errors.ts';
import { randomIds } from '../../../src/runtime/ids.ts';
import type { ServeRole } from '../../../src/serve/role.ts';
import { requireRoles, ServingProcess, wantedRoles } from '../../../src/serve/serve.ts';
import { RoleStandings } from '../../../src/serve/states.ts';
import type { Workspace } from '../../../src/tasks/workspace.ts';
import { MemoryLedger } from '../../doubles/memory-ledger.ts';
import { MemoryOverlay } from '../../doubles/memory-overlay.ts';
import { documentsOf, town } from '../../support/documents.ts';
import { LapsingRoles } from '../../support/lapsing-roles.ts';
import { actor } from '../../support/stage.ts';

/** Two shards, which several processes of a service would drive, and that may stand still. */
class Control {
  readonly folder = mkdtempSync(join(tmpdir(), 'isoledger-test-'));
  readonly ledger = new MemoryLedger({ clock: systemClock, ids: randomIds });
  readonly roles = new LapsingRoles();
  readonly #overlays = new Map([
    ['shard-1', new MemoryOverlay()],
    ['shard-2', new MemoryOverlay()],
  ]);
  readonly #running: { ending: AbortController; over: Promise<void> }[] = [];

  async enact(yaml: string): Promise<void> {
    const idempotencyKey = randomIds(systemClock.now());
    const documents = await documentsOf(yaml);
    await enact(
      { ledger: this.ledger, clock: systemClock, actor, documents, idempotencyKey },
      unfolded(estateProjection),
    );
  }

  async quarantine(name: string): Promise<void> {
    const idempotencyKey = randomIds(systemClock.now());
    const subject = { kind: 'tenant', name } as const;
    const request = { ledger: this.ledger, clock: systemClock, actor, idempotencyKey, subject };
    await setQuarantine(request, 'quarantine', unfolded(estateProjection));
  }

  overlay(shard: string): MemoryOverlay {
    const overlay = this.#overlays.get(shard);
    if (overlay === undefined) throw new Error(`no overlay for ${shard}`);
    return overlay;
  }

  /** A process of the service. `pausedBefore` is what it waits for before it changes a host. */
  async start(
    pid: number,
    of: {
      roles?: readonly string[];
      others?: readonly ServeRole[];
      pausedBefore?: () => Promise<void>;
      ledger?: Ledger;
      leaseMs?: number;
      clock?: Clock;
    } = {},
  ): Promise<{ service: ServingProcess; standings: RoleStandings; end: () => Promise<void> }> {
    const standings = new RoleStandings(systemClock);
    const ending = new AbortController();
    const {
      roles,
      others = [],
      pausedBefore,
      ledger = this.ledger,
      leaseMs = 20_000,
      clock = systemClock,
    } = of;
    const workspace = { ...this.#workspace(pid, pausedBefore), ledger, clock };
    const service = new ServingProcess(
      {
        ...{ workspace, actor, standings, random: () => 0, others, leaseMs },
        ...{ holder: { host: 'control-1', pid }, isWanted: wantedRoles(roles), wholeReadingMs: 60_000 },
      },
      ending.signal,
    );
    const started = Promise.withResolvers<undefined>();
    const over = service.run(() => {
      started.resolve(undefined);
    });
    this.#running.push({ ending, over });
    await Promise.race([started.promise, over]);
    const end = (): Promise<void> => {
      ending.abort();
      return over;
    };
    return { service, standings, end };
  }

  async entries(): Promise<Entry[]> {
    const entries: Entry[] = [];
    for await (const stored of this.ledger.read()) entries.push(decodeEntry(stored));
    return entries;
  }

  async end(): Promise<void> {
    for (const { ending } of this.#running) ending.abort();
    await Promise.all(this.#running.map(({ over }) => over));
    rmSync(this.folder, { recursive: true, force: true });
  }

  #workspace(pid: number, pausedBefore: (() => Promise<void>) | undefined): Workspace {
    const driverFor = ({ shard }: { shard: string }): OverlayDriver => {
      const overlay = this.overlay(shard);
      const apply = async (host: string, change: HostChange): Promise<HeldSet> => {
        await pausedBefore?.();
        return overlay.apply(host, change);
      };
      return {
        name: overlay.name,
        mark: overlay.mark.bind(overlay),
        read: overlay.read.bind(overlay),
        watch: overlay.watch.bind(overlay),
        apply,
      };
    };
    const notAsked = (): never => {
      throw new Error('a service does not ask for this');
    };
    return {
      ...{ ledger: this.ledger, clock: systemClock, statePath: join(this.folder, 'estate.json') },
      ...{ requireOwnFolder: () => undefined, overlayFolder: this.folder, isInFolder: () => false },
      ...{ probeFor: notAsked, backUp: notAsked, newId: () => randomIds(systemClock.now()), drivers: [] },
      ...{ driverFor, holdRole: this.roles.as(pid), log: pino({ level: 'silent' }) },
    };
  }
}

/** A ledger behind a connection of which nothing comes back while it leads nowhere. */
class BlackHole implements Ledger {
  readonly id: string;
  readonly capabilities: Ledger['capabilities'];
  readonly #ledger: Ledger;
  #way = Promise.withResolvers<undefined>();
  isOpen = false;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
    this.id = ledger.id;
    this.capabilities = ledger.capabilities;
  }

  async append(request: AppendRequest): Promise<AppendResult> {
    await this.#pass();
    const result = await this.#ledger.append(request);
    await this.#pass();
    return result;
  }

  async head(): Promise<Head> {
    await this.#pass();
    return this.#ledger.head();
  }

  async *read(range?: ReadRange): AsyncGenerator<StoredEntry, void, undefined> {
    await this.#pass();
    yield* this.#ledger.read(range);
  }

  async *subscribe(options: SubscribeOptions): AsyncGenerator<SubscriptionItem, void, undefined> {
    for await (const item of this.#ledger.subscribe(options)) {
      await this.#pass();
      yield item;
    }
  }

  /** Everything is answered again, also what was asked before. */
  close(): Promise<void> {
    this.isOpen = false;
    this.#way.resolve(undefined);
    return Promise.resolve();
  }

  async #pass(): Promise<void> {
    if (this.isOpen) await this.#way.promise;
  }
}

/** A clock that goes so many times slower: what is waited for by it, nobody waits for here. */
function slowly(times: number): Clock {
  return {
    now: () => systemClock.now(),
    elapsedMs: () => systemClock.elapsedMs() / times,
    sleep: (milliseconds, signal) => systemClock.sleep(milliseconds * times, signal),
  };
}

/** Returns once something holds. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await systemClock.sleep(5);
}

describe('a service', () => {
  let control: Control;
  beforeEach(async () => {
    control = new Control();
    await control.enact(town);
  });
  afterEach(() => control.end());

  const acknowledged = async (): Promise<string[]> =>
    (await control.entries()).flatMap((entry) =>
      entry.type === 'ChangeApplied' ? [`${entry.data.host} ${String(entry.data.plan)}`] : [],
    );

  it('drives the other hosts of a shard where an error that nobody foresaw is met at one, says why, and tries again', async () => {
    let isUpset = true;
    const overlay = control.overlay('shard-1');
    const [mark, read] = [overlay.mark.bind(overlay), overlay.read.bind(overlay)];
    const unlessUpset = <Answer>(host: string, ask: () => Promise<Answer>): Promise<Answer> =>
      isUpset && host === 'hv-1' ? Promise.reject(new TypeError('of the test')) : ask();
    overlay.mark = (host) => unlessUpset(host, () => mark(host));
    overlay.read = (host, expected) => unlessUpset(host, () => read(host, expected));
    const role = 'applier/shard-1';
    const { standings } = await control.start(1, { roles: [role] });
    await until(() => standings.all().get(role)?.kind === 'restarting');
    expect(standings.all().get(role)).toMatchObject({ why: { code: 'TypeError', words: 'of the test' } });
    expect(await acknowledged()).toEqual(['hv-2 1']);
    isUpset = false;
    await until(async () => (await acknowledged()).includes('hv-1 1'));
  });

  it('cuts off whom it can while a host that says nothing is waited for, and then that host once it answers', async () => {
    const overlay = control.overlay('shard-1');
    const [mark, read] = [overlay.mark.bind(overlay), overlay.read.bind(overlay)];
    let answers = Promise.resolve();
    let asked = 0;
    const onceAnswering = async <Answer>(host: string, ask: () => Promise<Answer>): Promise<Answer> => {
      if (host === 'hv-1') asked += 1;
      if (host === 'hv-1') await answers;
      return ask();
    };
    overlay.mark = (host) => onceAnswering(host, () => mark(host));
    overlay.read = (host, expected) => onceAnswering(host, () => read(host, expected));
    const clock = slowly(10);
    await control.start(1, { roles: ['applier/shard-1'], clock });
    await until(async () => (await acknowledged()).length === 2);
    const silence = Promise.withResolvers<undefined>();
    [answers, asked] = [silence.promise, 0];
    await control.enact(`${town}
---
{ kind: Policy, tenant: globex, egress: [{ destination: acme-api, ports: [443] }] }
---
{ kind: Policy, tenant: acme, ingress: [{ source: globex }] }`);
    await until(async () => asked > 0 && (await acknowledged()).includes('hv-2 2'));
    await control.quarantine('acme');
    const begunMs = clock.elapsedMs();
    await until(async () => (await acknowledged()).includes('hv-2 3'));
    // Far less than a host is waited for.
    expect(clock.elapsedMs() - begunMs).toBeLessThan(2_000);
    const failures = async (): Promise<string[]> =>
      (await control.entries()).flatMap((entry) =>
        entry.type === 'ChangeFailed' ? [`${entry.data.host}: ${entry.data.problem}`] : [],
      );
    expect(await failures()).toEqual([]);
    silence.resolve(undefined);
    await until(async () => (await acknowledged()).includes('hv-1 3'));
  });

  it('goes on with a shard that others overtook before each plan, and does not begin anew', async () => {
    const { ledger: shared } = control;
    let faster = 12;
    const ledger: Ledger = {
      ...{ id: shared.id, capabilities: shared.capabilities, head: shared.head.bind(shared) },
      ...{ read: shared.read.bind(shared), subscribe: shared.subscribe.bind(shared) },
      close: shared.close.bind(shared),
      append: async (request) => {
        if (request.events.some(({ type }) => type === 'ChangePlanned') && faster > 0) {
          faster -= 1;
          const side = `{ tenant: side-${String(faster)}, kind: Tenant, segments: [web] }`;
          await control.enact(`${town}---\n${side}\n`);
        }
        return shared.append(request);
      },
    };
    const { standings } = await control.start(1, { roles: ['applier/shard-1'], ledger });
    await until(async () => (await acknowledged()).length >= 2);
    expect(faster).toBe(0);
    expect(standings.failuresInARow('applier/shard-1')).toBe(0);
  });

  it('refuses in the ledger and at the hosts whoever stood still while another one took over', async () => {
    const pause = Promise.withResolvers<undefined>();
    let waiting = 0;
    const paused = await control.start(1, {
      roles: ['applier/shard-1'],
      pausedBefore: async () => {
        waiting += 1;
        await pause.promise;
      },
    });
    await until(() => waiting === 2);
    control.roles.lapse();
    await control.start(2, { roles: ['applier'] });
    await until(async () => (await acknowledged()).length === 4);
    await control.enact(`${town}
---
{ kind: Policy, tenant: globex, egress: [{ destination: acme-api, ports: [443] }] }
---
{ kind: Policy, tenant: acme, ingress: [{ source: globex }] }`);
    await until(async () => (await acknowledged()).includes('hv-1 2'));
    pause.resolve(undefined);
    await until(() => paused.standings.all().get('applier/shard-1')?.kind === 'waiting');
    const all = await control.entries();
    const plans = all.flatMap((entry) =>
      entry.type === 'ChangePlanned' ? [`${entry.data.shard} ${String(entry.data.plan)}`] : [],
    );
    expect(new Set(plans).size).toBe(plans.length);
    expect(all.filter(({ type }) => type === 'ChangeFailed')).toEqual([]);
    const times = await acknowledged();
    expect(new Set(times).size).toBe(times.length);
    expect(control.overlay('shard-1').hosts.get('hv-1')?.mark.plan).toBe(2);
  });

  it('has another process take over within twice the time of a lease where one does not reach the ledger', async () => {
    const leaseMs = 3_000;
    const hole = new BlackHole(control.ledger);
    const first = await control.start(1, { roles: ['applier', 'clock'], ledger: hole, leaseMs });
    await until(async () => (await acknowledged()).length === 4);
    await control.start(2, { roles: ['applier', 'clock'], leaseMs });
    hole.isOpen = true;
    const beganMs = performance.now();
    await control.enact(`${town}
---
{ kind: Policy, tenant: globex, egress: [{ destination: acme-api, ports: [443] }] }
---
{ kind: Policy, tenant: acme, ingress: [{ source: globex }] }`);
    await until(async () => (await acknowledged()).includes('hv-1 2'));
    expect(performance.now() - beganMs).toBeLessThan(2 * leaseMs + 2_000);
    expect(first.standings.ledgerFailure?.code).toBe('LedgerSilent');
    expect(first.standings.all().get('clock')).toMatchObject({ kind: 'behind' });
    await hole.close();
    await until(() => first.standings.all().get('clock')?.kind === 'waiting');
    const times = await acknowledged();
    expect(new Set(times).size).toBe(times.length);
  });

  it('reads a host whole as soon as it is told that somebody else changed it', async () => {
    const { standings } = await control.start(1);
    await until(async () => (await acknowledged()).length === 4);
    await until(() => standings.all().get('applier/shard-1')?.kind === 'following');
    const overlay = control.overlay('shard-1');
    const before = overlay.calls.length;
    await until(() => {
      // The first time, the mark has moved on since the watch began, as after a change of our own.
      overlay.tell('hv-1', 'an edit');
      return overlay.calls.slice(before).includes('read hv-1');
    });
    expect(overlay.calls.slice(before)).not.toContain('read hv-2');
  });

  it('tries hosts that are away again, later each time, and says so once in the ledger', async () => {
    control.overlay('shard-1').away.add('hv-1');
    await control.start(1);
    await until(async () => (await acknowledged()).length === 3);
    await systemClock.sleep(600);
    control.overlay('shard-1').away.delete('hv-1');
    await until(async () => (await acknowledged()).length === 4);
    expect((await control.entries()).filter(({ type }) => type === 'ChangeFailed')).toHaveLength(1);
  });

  it('starts a role that stopped once it is told that a person has looked', async () => {
    let begun = 0;
    const role: ServeRole = {
      ...{ name: 'publisher', needsLease: false },
      run: async ({ signal }) => {
        begun += 1;
        if (begun === 1) throw new LedgerForked({ after: 9, entries: 3 });
        await systemClock.sleep(60_000, signal);
      },
    };
    const { service, standings } = await control.start(1, { others: [role], roles: ['publisher'] });
    await until(() => standings.all().get('publisher')?.kind === 'stopped');
    await systemClock.sleep(5);
    service.startStopped();
    await until(() => begun === 2);
    expect(standings.all().get('publisher')?.kind).toBe('starting');
  });

  it('has other roles beside, which may come, go and be exchanged while it runs', async () => {
    const run: string[] = [];
    const role = (name: string, words: string): ServeRole => ({
      ...{ name, needsLease: false },
      run: async ({ signal }) => {
        run.push(`${words} begins`);
        await systemClock.sleep(60_000, signal);
        run.push(`${words} ends`);
      },
    });
    const [one, two] = [role('forwarder/a', 'one'), role('forwarder/b', 'two')];
    const { service, standings, end } = await control.start(1, { others: [one, two] });
    await until(() => run.length === 2);
    service.become([two, role('forwarder/c', 'three')]);
    await until(() => run.length === 4);
    service.become([role('forwarder/b', 'another two')]);
    await until(() => run.length === 7);
    expect(run).toEqual([
      ...['one begins', 'two begins'],
      ...['three begins', 'one ends'],
      ...['two ends', 'three ends', 'another two begins'],
    ]);
    expect([...standings.all().keys()].sort()).toEqual([
      ...['applier/shard-1', 'applier/shard-2', 'clock', 'forwarder/b'],
    ]);
    await end();
  });
});

describe('the roles of a service', () => {
  it('are all but the verifier, or those that are named, each or by their first word', () => {
    expect(['clock', 'verifier', 'applier/east'].filter(wantedRoles(undefined))).toEqual([
      'clock',
      'applier/east',
    ]);
    expect(['clock', 'verifier'].filter(wantedRoles(['verifier']))).toEqual(['verifier']);
    expect(['clock', 'applier/east', 'applier/west'].filter(wantedRoles(['applier/east']))).toEqual([
      'applier/east',
    ]);
    expect(['clock', 'applier/east', 'applier/west'].filter(wantedRoles(['applier']))).toHaveLength(2);
  });

  it('are not misspelt', () => {
    expect(() => {
      requireRoles(['clock', 'aplier'], { others: [] });
    }).toThrow(UsageError);
    expect(() => {
      requireRoles(['clok'], { others: ['http'] });
    }).toThrow(/no.* role clok; .*nearest: clock$/);
    expect(() => {
      requireRoles(['forwarder/arkive'], { others: ['forwarder/archive'] });
    }).toThrow('nearest: forwarder/archive');
    requireRoles(['applier/later', 'forwarder'], { others: ['forwarder/archive'] });
    expect(() => {
      requireRoles(['applier/shard-11'], { others: [], appliers: ['applier/shard-1'] });
    }).toThrow(/no shard for the role applier\/shard-11; nearest: applier\/shard-1/);
    expect(() => {
      requireRoles(['clock', 'applier', 'clock'], { others: [] });
    }).toThrow('clock is named twice');
  });
});

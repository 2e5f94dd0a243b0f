import { expect } from 'vitest';
import type { EventData } from '../../events/catalogue.ts';
import { decodeEntry } from '../../events/codec/decode.ts';
import type { Entry } from '../../events/entry.ts';
import { digestOfObjects } from '../../events/overlay-objects.ts';
import { setBypass } from '../../src/apply/record/bypass.ts';
import { enact } from '../../src/apply/record/enact.ts';
import { setQuarantine } from '../../src/apply/record/quarantine.ts';
import { sync, type Synced } from '../../src/apply/drive/sync.ts';
import type { AppendRequest, AppendResult } from '../../src/ledger/port.ts';
import { estateProjection, type Estate } from '../../src/projector/estate-projection.ts';
import { unfolded, type Projected } from '../../src/projector/projection.ts';
import type { Roles } from '../../src/roles/port.ts';
import { randomIds } from '../../src/runtime/ids.ts';
import { desiredObjects } from '../../src/translate/desired-objects.ts';
import type { ManualClock } from '../doubles/manual-clock.ts';
import { MemoryLedger } from '../doubles/memory-ledger.ts';
import { MemoryOverlay } from '../doubles/memory-overlay.ts';
import { PassingClock } from '../doubles/passing-clock.ts';
import { documentsOf } from './documents.ts';

export const actor = { name: 'ada', authenticated: 'asserted' } as const;

/** A ledger in which somebody else appends just before us, as often as is asked for. */
class BusyLedger extends MemoryLedger {
  intruders: AppendRequest[] = [];
  /** How many appends succeed before the process would have ended; the one after fails. */
  appendsLeft = Number.POSITIVE_INFINITY;

  override async append(request: AppendRequest): Promise<AppendResult> {
    if (this.appendsLeft === 0) throw new Error('crash');
    this.appendsLeft -= 1;
    const intruder = this.intruders.shift();
    if (intruder !== undefined) await super.append(intruder);
    return super.append(request);
  }
}

export const held: Roles['hold'] = () => Promise.resolve({ release: () => Promise.resolve() });

/**
 * The town on a ledger and overlays in memory, and what the commands do with it. Nobody waits for real time: it passes as soon
 * as somebody sleeps, unless a clock is given that stands still.
 */
export class Stage {
  readonly clock: ManualClock;
  readonly ledger: BusyLedger;
  readonly overlays = new Map([
    ['shard-1', new MemoryOverlay()],
    ['shard-2', new MemoryOverlay()],
  ]);

  constructor(clock: ManualClock = new PassingClock()) {
    this.clock = clock;
    this.ledger = new BusyLedger({ clock, ids: randomIds });
  }

  async enact(yaml: string, prune?: 'all'): ReturnType<typeof enact> {
    const documents = await documentsOf(yaml);
    const idempotencyKey = randomIds(this.clock.now());
    const request = { ledger: this.ledger, clock: this.clock, documents, prune, actor, idempotencyKey };
    return enact(request, unfolded(estateProjection));
  }

  async quarantine(name: string): ReturnType<typeof setQuarantine> {
    const idempotencyKey = randomIds(this.clock.now());
    const request = { ledger: this.ledger, clock: this.clock, actor, idempotencyKey };
    return setQuarantine(
      { ...request, subject: { kind: 'tenant', name } },
      'quarantine',
      unfolded(estateProjection),
    );
  }

  bypass(intent: 'open' | 'close', host: string, shard = 'shard-1'): ReturnType<typeof setBypass> {
    const { ledger, clock } = this;
    const request = { ledger, actor, host: { host, shard }, idempotencyKey: randomIds(clock.now()) };
    return setBypass(request, intent, unfolded(estateProjection));
  }

  overlay(shard: string): MemoryOverlay {
    const overlay = this.overlays.get(shard);
    if (overlay === undefined) throw new Error(`no overlay for ${shard}`);
    return overlay;
  }

  sync({
    timeoutMs = 2000,
    shards,
    only,
    onProgress,
    onWaiting,
    reads = 'hosts',
    holdRole = held,
    driverFor = ({ shard }) => this.overlay(shard),
  }: Partial<Parameters<typeof sync>[0]> = {}): Promise<Synced> {
    const base = { ledger: this.ledger, clock: this.clock, actor, driverFor, holdRole, reads, timeoutMs };
    return sync({ ...base, shards, only, onProgress, onWaiting }, unfolded(estateProjection));
  }

  async entries(): Promise<Entry[]> {
    const entries: Entry[] = [];
    for await (const stored of this.ledger.read()) entries.push(decodeEntry(stored));
    return entries;
  }

  async drifts(): Promise<EventData<'DriftDetected'>[]> {
    return (await this.entries()).flatMap((entry) => (entry.type === 'DriftDetected' ? [entry.data] : []));
  }

  async overlayEvents(): Promise<string[]> {
    return (await this.entries())
      .filter(({ subject }) => subject.startsWith('overlay/'))
      .map(({ type, data }) => ('host' in data ? `${type} ${data.host}` : type));
  }

  /** Every host of both shards holds exactly what the intended state of now translates to. */
  expectSettled({ state }: Projected<Estate>): void {
    for (const [shard, overlay] of this.overlays) {
      const digest = digestOfObjects(desiredObjects(state.intended, { shard, at: this.clock.now() }));
      const hosts = [...state.intended.directory.hosts.values()].filter((host) => host.shard === shard);
      expect(hosts.length).toBeGreaterThan(0);
      for (const { host } of hosts) {
        const there = overlay.hosts.get(host);
        expect(digestOfObjects(there?.objects.values() ?? [])).toBe(digest);
        expect(there?.mark.digest).toBe(digest);
      }
    }
  }
}

import { decodeEntry } from '../../events/codec/decode.ts';
import type { Entry } from '../../events/entry.ts';
import { seededRandom, type Random } from '../bench/estate/random.ts';
import { generateEstate } from '../bench/estate.ts';
import type { Estate } from '../bench/estate/estate.ts';
import type { AppendRequest, AppendResult, Ledger } from '../../src/ledger/port.ts';
import { RoleHeld } from '../../src/roles/faults.ts';
import type { HeldRole } from '../../src/roles/port.ts';
import type { WallClock } from '../../src/runtime/clock.ts';
import { ManualClock } from '../doubles/manual-clock.ts';
import { MemoryRoles } from '../doubles/memory-roles.ts';
import { Archive } from './archive.ts';
import type { Coverage } from './coverage.ts';
import { Expectation } from './expectation.ts';
import { Grounds } from './grounds.ts';
import { MayHold } from './may-hold.ts';
import { PastTampering } from './past-tampering.ts';
import { HandWork } from './hand-work.ts';
import { Hosts } from './hosts.ts';
import { Allowance } from './plain/allowance.ts';
import { ReachCheck } from './reach-check.ts';
import { Scheduler } from './scheduler.ts';
import { seededIds } from './seeded-ids.ts';
import type { Parts } from './settings.ts';
import { calm, mishapIn, type Mishap, type Weather } from './weather.ts';
import type { IdSource } from '../../src/runtime/ids.ts';

/** Everything there is outside the processes, and all that is known of it from outside. One seed determines it. */
export class World {
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly clock = new ManualClock();
  readonly ids: IdSource;
  readonly ledger: Ledger;
  readonly hosts = new Hosts();
  readonly archive = new Archive();
  readonly expectation = new Expectation();
  readonly mayHold = new MayHold();
  readonly allowance = new Allowance();
  readonly grounds = new Grounds(this.expectation, this.allowance);
  readonly reach: ReachCheck;
  readonly tampering: PastTampering;
  readonly handWork: HandWork;
  readonly parts: Parts;
  readonly coverage: Coverage;
  readonly trace: string[] = [];
  /** How many lines of what happened last are kept. */
  traceMax = 60;
  weather: Weather = calm;
  /** What kept state there is on disk, as JSON. */
  kept: string | undefined;
  /** What the next documents are made from: realms, and numbers of ports and prefixes given so far. */
  template: Estate;
  #nextTemplate: Estate;
  /** Whether nobody else does anything at the same time. */
  isAlone = true;
  /** The first thing that was found broken: whoever is running may not have let it through. */
  failure: Error | undefined;
  readonly #roles = new MemoryRoles();
  #recordedAt = '';
  /** The clock of whoever appends. */
  #recorder: WallClock = this.clock;

  constructor(of: { seed: number; parts: Parts; coverage: Coverage }) {
    this.random = seededRandom(of.seed);
    this.scheduler = new Scheduler(this.random, () => this.clock.wakeNext());
    this.ids = seededIds(seededRandom(of.seed + 1));
    this.parts = of.parts;
    this.coverage = of.coverage;
    this.reach = new ReachCheck(this);
    this.tampering = new PastTampering(this);
    this.handWork = new HandWork(of.seed + 2, this.hosts);
    const { clock } = this;
    this.ledger = of.parts.ledger({
      clock: {
        now: () => this.#recorder.now(),
        elapsedMs: () => clock.elapsedMs(),
        sleep: (milliseconds, signal) => clock.sleep(milliseconds, signal),
      },
      ids: this.ids,
    });
    this.template = generateEstate({
      seed: of.seed,
      ...{ tenants: 4 + this.random.below(4), rulesPerTenant: 4, shards: 1 + this.random.below(3) },
      ...{ hostsPerShard: 2 + this.random.below(2), segmentsPerTenantMax: 2, endpointsPerSegment: 1 },
      ...{ tenantsPerRealm: 4, externalsPerRealm: 1 },
    });
    this.#nextTemplate = this.template;
  }

  /** Now, as far as the ledger is concerned: time does not run backwards there. */
  get instant(): string {
    const now = this.clock.now();
    return now > this.#recordedAt ? now : this.#recordedAt;
  }

  /** Takes note of the numbers that a change gives out. Others who change something at the same time give out the same. */
  issued({ portsIssued, prefixesIssued, realms }: Estate): void {
    const next = this.#nextTemplate;
    this.#nextTemplate = {
      ...next,
      portsIssued: Math.max(portsIssued, next.portsIssued),
      prefixesIssued: Math.max(prefixesIssued, next.prefixesIssued),
      realms: new Map([...next.realms, ...realms]),
    };
  }

  /** From now on, what was given out is not given out again. */
  advance(): void {
    this.template = this.#nextTemplate;
  }

  say(line: string): void {
    this.trace.push(line);
    if (this.trace.length > this.traceMax) this.trace.shift();
  }

  /** Draws what befalls the next call to the outside. */
  mishap(where: string): Mishap {
    const mishap = mishapIn(this.weather, this.random);
    if (mishap !== 'none') this.coverage.note(`fault: ${where} ${mishap}`);
    return mishap;
  }

  /**
   * Appends, and keeps account of what was stored: also where whoever asked never hears of it. `by` is the clock of whoever asks, by
   * which the store tells when that was.
   */
  async append(request: AppendRequest, by: WallClock = this.clock): Promise<AppendResult> {
    this.#recorder = by;
    const result = await this.ledger.append(request);
    this.archive.acknowledged(request, result);
    if (result.duplicate) return result;
    const [now, before] = [by.now(), this.#recordedAt];
    this.#recordedAt = now > before ? now : before;
    this.expectation.stored(request.idempotencyKey, result.last);
    for await (const stored of this.ledger.read({ after: result.first - 1, to: result.last }))
      this.#hear(decodeEntry(stored));
    this.watch(() => {
      this.grounds.take(request.events, this.#recordedAt);
    });
    return result;
  }

  #hear(entry: Entry): void {
    this.mayHold.take(entry);
    this.tampering.take(entry);
    this.watch(() => {
      this.handWork.take(entry);
    });
  }

  /** Runs a check, and remembers what it found whatever becomes of the fault. */
  watch(check: () => void): void {
    try {
      check();
    } catch (fault) {
      this.failure ??= fault instanceof Error ? fault : new Error(String(fault));
      throw fault;
    }
  }

  /** Takes a role for a process. */
  async holdRole(role: string, process: string): Promise<HeldRole> {
    try {
      return await this.#roles.as({ pid: 1, host: process, since: this.clock.now() }).hold(role);
    } catch (fault) {
      if (fault instanceof RoleHeld) this.coverage.note('met: role held');
      throw fault;
    }
  }
}

import { statSync } from 'node:fs';
import { systemClock } from '../../../src/runtime/clock.ts';
import { valueOf, type MetricSample } from './samples.ts';
import type { Served } from './served.ts';

const everyMs = 2_000;

/** What the service and its ledger take of the machine. */
export interface Footprint {
  readonly residentBytes: number;
  readonly cpuSeconds: number;
  readonly ledgerBytes: number;
}

/** What was seen of the service from a time until another one, in milliseconds since 1970. */
export interface Sampled {
  readonly startMs: number;
  readonly endMs: number;
  readonly first: Footprint;
  readonly last: Footprint;
  /** The most that was seen. */
  readonly residentBytesMost: number;
  /** By role, the most entries that it was behind by. */
  readonly behindMost: ReadonlyMap<string, number>;
  /** By role, how often at most it had failed in a row. */
  readonly failuresMost: ReadonlyMap<string, number>;
}

/** Asks a service for its metrics again and again. */
export class Sampler {
  readonly #served: Served;
  readonly #ledger: string;
  readonly #behindMost = new Map<string, number>();
  readonly #failuresMost = new Map<string, number>();
  #residentBytesMost = 0;

  constructor(served: Served, ledger: string) {
    this.#served = served;
    this.#ledger = ledger;
  }

  async run(milliseconds: number): Promise<Sampled> {
    const startMs = Date.now();
    const endMs = startMs + milliseconds;
    const first = await this.#look();
    for (let leftMs = milliseconds; leftMs > 0; leftMs = endMs - Date.now()) {
      await systemClock.sleep(Math.min(everyMs, leftMs));
      if (Date.now() < endMs) await this.#look();
    }
    const last = await this.#look();
    return {
      ...{ startMs, endMs, first, last, residentBytesMost: this.#residentBytesMost },
      ...{ behindMost: this.#behindMost, failuresMost: this.#failuresMost },
    };
  }

  async #look(): Promise<Footprint> {
    this.#served.requireRunning();
    const samples = await this.#served.metrics();
    const residentBytes = valueOf(samples, 'process_resident_memory_bytes');
    this.#residentBytesMost = Math.max(this.#residentBytesMost, residentBytes);
    noteMost(this.#behindMost, samples, 'isoledger_role_lag_entries');
    noteMost(this.#failuresMost, samples, 'isoledger_role_failures_in_a_row');
    const cpuSeconds = valueOf(samples, 'process_cpu_seconds_total');
    return { residentBytes, cpuSeconds, ledgerBytes: bytesOf(this.#ledger) };
  }
}

/** Notes the most that a metric said of each role. */
function noteMost(most: Map<string, number>, samples: readonly MetricSample[], metric: string): void {
  for (const { name, labels, value } of samples) {
    const role = labels.get('role');
    if (name === metric && role !== undefined) most.set(role, Math.max(most.get(role) ?? 0, value));
  }
}

/** Of the file of a ledger and of what SQLite keeps beside it until it is in there. */
function bytesOf(ledger: string): number {
  return [ledger, `${ledger}-wal`].reduce(
    (sum, path) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}

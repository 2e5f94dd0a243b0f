import { decodeEntry } from '../../../events/codec/decode.ts';
import type { Entry } from '../../../events/entry.ts';
import type { Policy } from '../../../events/estate.ts';
import { tenantOf } from '../../../events/names.ts';
import type { LedgerReader } from '../../ledger/port.ts';
import { originOf, Origins } from '../origins.ts';
import type { Passed } from '../when/passed.ts';
import { authorisingRule, type AuthorisingRule, type WindowCause } from '../when/window-causes.ts';
import type { HistoryIndex } from './history-index.ts';
import { policyList } from './names.ts';
import type { PassedByStops, RuleAtStop } from './passing-walk.ts';

/**
 * Tells windows by the entries that stops and policies rest on, of which an index has the numbers: of whom they are, and what a rule
 * says. Only those entries are read.
 */
export class ToldByEntries {
  readonly #index: HistoryIndex;
  readonly #ledger: LedgerReader;
  readonly #causes = new Map<number, WindowCause>();
  readonly #rules = new Map<RuleAtStop, AuthorisingRule>();

  constructor(index: HistoryIndex, ledger: LedgerReader) {
    this.#index = index;
    this.#ledger = ledger;
  }

  /** Throws the errors of reading a ledger. */
  async windowsOf({ windows }: PassedByStops): Promise<Passed['windows']> {
    const told: Passed['windows'][number][] = [];
    await this.#readRules(windows.flatMap(({ rules }) => Array.from(rules.values(), ({ rule }) => rule)));
    for (const { openedBy, closedBy, rules, ...window } of windows) {
      told.push({
        ...window,
        openedBy: await this.#causeOf(openedBy),
        closedBy: closedBy === null ? null : await this.#causeOf(closedBy),
        rules: new Map(
          Array.from(rules, ([id, { rule, traffic }]) => [id, { rule: this.#ruleOf(rule), traffic }]),
        ),
      });
    }
    return told;
  }

  async #causeOf(stop: number): Promise<WindowCause> {
    const known = this.#causes.get(stop);
    if (known !== undefined) return known;
    const { cause } = this.#index.stop(stop);
    const told = cause.seq === null ? cause : originOf(await this.#entry(cause.seq));
    this.#causes.set(stop, told);
    return told;
  }

  #ruleOf(rule: RuleAtStop): AuthorisingRule {
    const told = this.#rules.get(rule);
    if (told === undefined) throw new RangeError(`no rule ${rule.id} was read`);
    return told;
  }

  /** Tenant by tenant, goes through what was enacted and revoked of its policy, up to each stop that is asked about. */
  async #readRules(rules: readonly RuleAtStop[]): Promise<void> {
    for (const [tenant, asked] of Map.groupBy(rules, tenantOfRule)) {
      const entries = this.#index.between(policyList(tenant), -1, this.#index.meta.last.seq);
      const seqs = entries.map(({ at }) => at).reverse();
      const origins = new Origins();
      let policy: Policy | undefined;
      for (const rule of asked.toSorted((one, other) => one.stop - other.stop)) {
        const until = this.#index.stop(rule.stop).seq;
        for (let seq = seqs.at(-1); seq !== undefined && seq <= until; seq = seqs.at(-1)) {
          seqs.pop();
          const entry = await this.#entry(seq);
          origins.take(entry);
          policy = entry.type === 'PolicyEnacted' ? entry.data.policy : undefined;
        }
        this.#rules.set(rule, authorisingRule({ ...rule, tenant }, policy, origins));
      }
    }
  }

  async #entry(seq: number): Promise<Entry> {
    for await (const stored of this.#ledger.read({ after: seq - 1, to: seq })) return decodeEntry(stored);
    throw new RangeError(`the ledger has no entry ${String(seq)}`);
  }
}

function tenantOfRule({ pair, side }: RuleAtStop): string {
  return tenantOf(side === 'egress' ? pair.from : pair.to) ?? '';
}

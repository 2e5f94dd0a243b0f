import type { Moment } from '../../projections/isolation/history/interval.ts';
import { Fault } from '../runtime/errors.ts';
import { nearestWords } from '../words/nearest-words.ts';

/** The ledger has no entry of that number yet. */
export class NoSuchInstant extends Fault {
  readonly code = 'NoSuchInstant';
  readonly category = 'input';

  constructor({ seq, head }: { readonly seq: number; readonly head: number }) {
    super(
      head < 0
        ? `seq:${String(seq)} is beyond the ledger, which is empty`
        : `seq:${String(seq)} is beyond the ledger, whose last complete entry is ${String(head)}`,
    );
  }
}

/** An interval whose end comes before its beginning. */
export class IntervalReversed extends Fault {
  readonly code = 'IntervalReversed';
  readonly category = 'input';

  constructor({ from, to }: { readonly from: Moment; readonly to: Moment }) {
    const [begins, ends] = [from, to].map(({ seq, time }) => `${time} (seq ${String(seq)})`);
    super(`an interval cannot end at ${String(ends)}, before it begins at ${String(begins)}`);
  }
}

/**
 * The verifier's two ways of judging contradict each other: none of its answers can be believed. A person has to look, since trying again
 * comes to the same.
 */
export class VerdictContradicted extends Fault {
  readonly code = 'VerifierDisagrees';
  readonly category = 'integrity';

  constructor(cause: Error) {
    super(cause.message, { cause });
  }
}

/**
 * No tenant, segment or external has this name in the time asked about. `when` is that time in words; `atOtherTimes`
 * tells who has the name at other times. Before the first entry nobody knows who had a name that is known later.
 */
export class UnknownEnd extends Fault {
  readonly code = 'UnknownEnd';
  readonly category: 'input' | 'unknown';
  readonly end: string;
  readonly nearest: string | undefined;

  constructor(
    end: string,
    {
      when,
      atOtherTimes,
      nearest,
      isBeforeAll = false,
    }: {
      when: string;
      atOtherTimes?: string | undefined;
      nearest: string | undefined;
      isBeforeAll?: boolean;
    },
  ) {
    const known = atOtherTimes === undefined ? '' : `; ${atOtherTimes}`;
    super(`no tenant, segment or external is called ${end} ${when}${known}${nearestWords(nearest)}`);
    this.category = isBeforeAll && atOtherTimes !== undefined ? 'unknown' : 'input';
    this.end = end;
    this.nearest = nearest;
  }
}

/** An address that nobody has in the time asked about, or that stands for more than one end of flows. */
export class NotOneHolder extends Fault {
  readonly code = 'NotOneHolder';
  readonly category = 'input';

  constructor(address: string, holders: readonly { end: string; endpoint: string | null }[]) {
    const words = holders.map(({ end, endpoint }) =>
      endpoint === null ? end : `${end} (endpoint ${endpoint})`,
    );
    super(
      words.length === 0
        ? `nobody has ${address} in the time asked about: no endpoint, and no external by a prefix`
        : `${address} has several holders in the time asked about: ${words.join(', ')}; name the one that is meant`,
    );
  }
}

/** The text in question is no protocol with ports. */
export class NotTraffic extends Fault {
  readonly code = 'NotTraffic';
  readonly category = 'input';

  constructor(text: string, nearest: string | undefined) {
    const hint = nearest === undefined ? '' : ` (did you mean ${nearest}?)`;
    super(
      `${text} is no PROTO/PORT${hint}; allowed: tcp/443, udp/5000-5010,6000, sctp for all its ports, icmp, any, ` +
        'or the number of an IP protocol',
    );
  }
}

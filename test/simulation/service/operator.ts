import { readEnvelope } from '../../../events/codec/decode.ts';
import { draftOf } from '../../../events/draft.ts';
import { forwarderName } from '../../../src/siem/sinks/forwarder.ts';
import type { RoleFailure } from '../../../src/serve/failure.ts';
import { Broken } from '../failures.ts';
import type { Receiver } from './receiver.ts';
import type { Server } from './server.ts';
import type { ServiceWorld } from './service-world.ts';

/** How long after a message of somebody else is gone a role may still stop because of it, in milliseconds: it stood still. */
const forkToldMs = 60_000;

/** The person who looks at roles that stopped, mends what they tell of, and starts them again. */
export class Operator {
  readonly #world: ServiceWorld;
  readonly #servers: readonly Server[];
  /** The reasons that were looked at. */
  readonly #accepted = new WeakSet<RoleFailure>();

  constructor(world: ServiceWorld, servers: readonly Server[]) {
    this.#world = world;
    this.#servers = servers;
  }

  /** Throws Broken for a role that stopped and does not say why, or for which there is no reason. */
  requireReasons(): void {
    for (const { role, why } of this.#stopped()) {
      if (this.#accepted.has(why)) continue;
      this.#accepted.add(why);
      if (why.words.trim() === '' || this.#mend(role, why.code) === undefined)
        throw new Broken(`${role} stopped, and there is no reason for it: ${why.code} ${why.words}`);
    }
  }

  /** Mends what keeps roles from going on, and has them started again. */
  async look(): Promise<void> {
    const stopped = this.#stopped();
    for (const { role, why } of stopped) await this.#mend(role, why.code)?.();
    if (stopped.length === 0) return;
    for (const { running } of this.#servers) running?.service.startStopped();
    this.#world.coverage.note('met: a person has looked at a role that stopped');
  }

  #stopped(): { role: string; why: RoleFailure }[] {
    return this.#servers.flatMap(({ running }) =>
      Array.from(running?.standings.all() ?? [], ([role, standing]) => ({ role, standing })).flatMap(
        ({ role, standing }) => (standing.kind === 'stopped' ? [{ role, why: standing.why }] : []),
      ),
    );
  }

  /** What there is to mend for a role that stopped so; undefined where nothing is the matter. */
  #mend(role: string, code: string): (() => void | Promise<void>) | undefined {
    const { broker, receivers } = this.#world;
    if (role === 'publisher' && code === 'StreamForked' && broker.wasForkedWithin(forkToldMs))
      return () => {
        if (broker.isForked) broker.remove();
      };
    const receiver = receivers.find(({ name }) => forwarderName(name) === role);
    if (receiver === undefined || code !== 'EntryRefused' || receiver.everRefused.size === 0)
      return undefined;
    return () => this.#mendReceiver(receiver);
  }

  /** The receiver is put right, or somebody decides that it does not get the entry. */
  async #mendReceiver(receiver: Receiver): Promise<void> {
    const { random, estate, coverage } = this.#world;
    const [refused] = receiver.refuses;
    if (refused === undefined) return;
    receiver.refuses.delete(refused);
    if (random.chance(0.5) || receiver.received.has(refused)) return;
    for await (const stored of estate.ledger.read({ after: refused - 1, to: refused })) {
      const data = { sink: receiver.name, seq: refused, entry: readEnvelope(stored).id };
      receiver.skipped.add(refused);
      await estate.append({
        events: [draftOf({ type: 'EntrySkipped', data })],
        actor: { name: 'operator', authenticated: 'asserted' },
        reason: 'the receiver refuses it',
      });
      coverage.note('met: an entry is passed over, as somebody decided');
    }
  }
}

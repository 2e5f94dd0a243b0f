import { digestOfObjects } from '../../../events/overlay-objects.ts';
import { hostsOfShard } from '../../../projections/directory/directory.ts';
import { applierRole, shardsToDrive } from '../../../src/apply/drive/sync.ts';
import { leafHash } from '../../../src/ledger/merkle/hash.ts';
import { estateProjection, type Estate } from '../../../src/projector/estate-projection.ts';
import { unfolded, type Projected } from '../../../src/projector/projection.ts';
import { forwarderName } from '../../../src/siem/sinks/forwarder.ts';
import type { RoleStanding } from '../../../src/serve/states.ts';
import { desiredObjects } from '../../../src/translate/desired-objects.ts';
import { recordedViolations, violationsUntil } from '../../support/violations.ts';
import type { Server } from './server.ts';
import type { ServiceWorld } from './service-world.ts';

/** What is not yet as it is at rest, in words; undefined where all is. `servers`: those that are to have the roles. */
export class RestCheck {
  readonly #world: ServiceWorld;
  readonly #estate = unfolded(estateProjection);

  constructor(world: ServiceWorld) {
    this.#world = world;
  }

  async left(servers: readonly Server[]): Promise<string | undefined> {
    const estate = await this.#estate.catchUp(this.#world.estate.ledger);
    return (
      this.#ofRoles(estate.state, servers) ??
      this.#ofBounds(estate) ??
      this.#ofHosts(estate) ??
      (await this.#ofCopies()) ??
      (await this.#ofViolations(servers))
    );
  }

  /** Each role is had by one server, which follows, and waited for by all others. */
  #ofRoles(estate: Estate, servers: readonly Server[]): string | undefined {
    const { receivers } = this.#world;
    const roles = [
      ...['clock', 'verifier', 'publisher', ...receivers.map(({ name }) => forwarderName(name))],
      ...shardsToDrive(estate, undefined).map(({ shard }) => applierRole(shard)),
    ];
    for (const role of roles) {
      const kinds = servers.map(({ running }) => kindOf(running?.standings.all().get(role))).sort();
      const expected = ['following', ...servers.slice(1).map(() => 'waiting')];
      if (kinds.join() !== expected.join()) return `${role} is ${kinds.join(', ')}`;
    }
    return undefined;
  }

  #ofBounds({ state }: Projected<Estate>): string | undefined {
    const due = state.bounds.instants.at(0);
    if (due === undefined || due > this.#world.estate.instant) return undefined;
    return `the bound of ${due} is not recorded at ${this.#world.estate.instant}`;
  }

  #ofHosts({ state }: Projected<Estate>): string | undefined {
    const { hosts, instant } = this.#world.estate;
    const { directory } = state.intended;
    const there = new Set<string>();
    for (const shard of directory.shards.keys()) {
      const desired = digestOfObjects(desiredObjects(state.intended, { shard, at: instant }));
      for (const host of hostsOfShard(directory, shard)) {
        there.add(`${shard} ${host}`);
        const held = hosts.stateOf(shard, host)?.objects.values() ?? [];
        if (digestOfObjects(held) !== desired) return `${host} of ${shard} does not hold what it is to hold`;
      }
    }
    const left = hosts
      .all()
      .find(
        ({ shard, host }) => !there.has(`${shard} ${host}`) && hosts.stateOf(shard, host)?.objects.size !== 0,
      );
    return left && `${left.host} of ${left.shard} was retired and still holds something`;
  }

  /** Of every violation that there was, its beginning and its end are recorded, and of nothing else. */
  async #ofViolations(servers: readonly Server[]): Promise<string | undefined> {
    if (servers.some(({ running }) => isHeld(running?.standings.all().get('verifier')))) return undefined;
    const { ledger, instant } = this.#world.estate;
    // What the clock alone brings is judged a second later.
    const until = new Date(Date.parse(instant) - 2_000).toISOString();
    const recorded = await recordedViolations(ledger);
    const found = await violationsUntil(ledger, until, { now: () => instant });
    if (recorded.join() === found.join()) return undefined;
    return `violations are recorded as ${recorded.join()}, and are ${found.join()}`;
  }

  async #ofCopies(): Promise<string | undefined> {
    const { broker, receivers, estate } = this.#world;
    const { size } = await estate.ledger.head();
    const { messages = [] } = broker;
    if (messages.length !== size)
      return `the stream has ${String(messages.length)} messages of ${String(size)}`;
    for await (const { seq, bytes } of estate.ledger.read()) {
      const leaf = leafHash(bytes);
      const message = messages[seq];
      if (message?.id !== broker.idOf(seq) || message.leaf !== leaf)
        return `message ${String(seq + 1)} of the stream is not entry ${String(seq)}`;
      for (const { name, received, skipped } of receivers) {
        const got = received.get(seq);
        if (got === undefined && skipped.has(seq)) continue;
        if (got?.leaf !== leaf) return `${name} has not got entry ${String(seq)} of ${String(size)}`;
      }
    }
    return undefined;
  }
}

/** True of a verifier that can do nothing until its clock has come to the ledger, which another machine wrote ahead of it. */
function isHeld(standing: RoleStanding | undefined): boolean {
  return standing?.kind === 'behind' && standing.waitsFor?.what.startsWith('the clock') === true;
}

function kindOf(standing: RoleStanding | undefined): string {
  return isHeld(standing) ? 'following' : (standing?.kind ?? 'missing');
}

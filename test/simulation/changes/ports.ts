import { ofKind, type WrittenEndpoints } from '../../bench/estate/documents.ts';
import { withDocument } from '../../bench/estate/estate.ts';
import { ipv4 } from '../../bench/estate/numbering.ts';
import { changeTo, oneOf, type Changer } from './change.ts';

/** An endpoint gets another address. */
export const addressChanges: Changer = (estate, random) => {
  const inventory = oneOf(random, ofKind(estate.documents, 'Endpoints'));
  const endpoint = oneOf(random, inventory?.endpoints ?? []);
  if (inventory === undefined || endpoint === undefined) return undefined;
  const number = estate.portsIssued;
  const after = { ...endpoint, ip: ipv4(number, endpoint.segment === 'vault') };
  const document = replaceIn(inventory, endpoint, after);
  const documents = withDocument(estate.documents, document);
  const words = `${inventory.tenant}: ${endpoint.name} gets another address`;
  return changeTo(estate, { documents, portsIssued: number + 1 }, { kind: 'address changes', words });
};

/** Two endpoints of different tenants on one shard change places: each is plugged in where the other was. */
export const portsSwap: Changer = (estate, random) => {
  const inventories = ofKind(estate.documents, 'Endpoints').filter(({ endpoints }) => endpoints.length > 0);
  const [one, other] = [oneOf(random, inventories), oneOf(random, inventories)];
  const [mine, theirs] = [oneOf(random, one?.endpoints ?? []), oneOf(random, other?.endpoints ?? [])];
  if (one === undefined || other === undefined || one === other) return undefined;
  if (mine === undefined || theirs === undefined) return undefined;
  const hosts = ofKind(estate.documents, 'Host');
  const shardOf = (name: string): string | undefined => hosts.find(({ host }) => host === name)?.shard;
  if (shardOf(mine.host) !== shardOf(theirs.host)) return undefined;
  const here = { host: mine.host, interface: mine.interface };
  const there = { host: theirs.host, interface: theirs.interface };
  const documents = withDocument(
    withDocument(estate.documents, replaceIn(one, mine, { ...mine, ...there })),
    replaceIn(other, theirs, { ...theirs, ...here }),
  );
  const words = `${one.tenant} ${mine.name} and ${other.tenant} ${theirs.name} change places`;
  return changeTo(estate, { documents }, { kind: 'ports swap', words });
};

function replaceIn(
  inventory: WrittenEndpoints,
  before: WrittenEndpoints['endpoints'][number],
  after: WrittenEndpoints['endpoints'][number],
): WrittenEndpoints {
  return { ...inventory, endpoints: inventory.endpoints.with(inventory.endpoints.indexOf(before), after) };
}

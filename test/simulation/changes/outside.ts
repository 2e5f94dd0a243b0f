import { ofKind, type WrittenExternal } from '../../bench/estate/documents.ts';
import { withDocument } from '../../bench/estate/estate.ts';
import { changeTo, oneOf, type Changer } from './change.ts';

/** Holds every IPv4 address that an endpoint ever has. */
const everybody = '10.0.0.0/8';

/** An external gets a prefix that holds the addresses of endpoints, or loses it. Two externals never have the same one. */
export const prefixAroundEndpoints: Changer = (estate, random) => {
  const externals = ofKind(estate.documents, 'External');
  const holder = externals.find(({ cidrs }) => cidrs.includes(everybody));
  const external = holder ?? oneOf(random, externals.filter(isAttached));
  if (external === undefined) return undefined;
  const others = external.cidrs.filter((cidr) => cidr !== everybody);
  const document = { ...external, cidrs: holder === undefined ? [...others, everybody] : others };
  const words = `${external.external} ${holder === undefined ? 'holds' : 'leaves'} ${everybody}`;
  const kind = 'prefix around endpoints';
  return changeTo(estate, { documents: withDocument(estate.documents, document) }, { kind, words });
};

function isAttached({ gateway }: WrittenExternal): boolean {
  return gateway !== undefined;
}

import { ofKind, type WrittenDocument } from '../bench/estate/documents.ts';

/** What shards of overlay ovs refuse. */
export function switchProblems(documents: readonly WrittenDocument[]): string[] {
  const shards = ofKind(documents, 'Shard');
  const ovs = new Set(shards.filter(({ overlay }) => overlay === 'ovs').map(({ shard }) => shard));
  if (ovs.size === 0) return [];
  const hosts = ofKind(documents, 'Host').filter(({ shard }) => ovs.has(shard));
  const names = hosts.map(({ host }) => host);
  const externals = ofKind(documents, 'External').filter(({ gateway }) =>
    names.includes(gateway?.host ?? ''),
  );
  return [
    ...hosts.filter(({ ovsdb }) => ovsdb === undefined).map(({ host }) => `${host} is not reached`),
    ...externals
      .filter(({ gateway }) => gateway?.mac === undefined)
      .map(({ external }) => `${external}: no mac`),
  ];
}

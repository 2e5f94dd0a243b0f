import type { DomainEvent, EventData, Kinds } from '../../events/catalogue.ts';
import { keyOf, type OverlayObject } from '../../events/overlay-objects.ts';
import { dropsWords } from './drops-words.ts';
import { count, listWords } from './lists.ts';
import { protocolWords } from './traffic-words.ts';
import { momentWords } from './moment-words.ts';

/** Kinds of events about hosts and plans. */
export type OverlayType = Kinds<
  | 'ChangePlanned'
  | 'ChangeApplied'
  | 'ChangeFailed'
  | 'HostCleared'
  | 'ShardHeld'
  | 'ShardResumed'
  | 'BypassOpened'
  | 'BypassClosed'
  | 'BypassSettled'
  | 'DriftDetected'
  | 'DriftCorrected'
  | 'DropsObserved'
>;

/** An event about hosts and plans, in short. */
export function overlayWords(event: Extract<DomainEvent, { type: OverlayType }>): string {
  switch (event.type) {
    case 'ChangePlanned': {
      const { plan, put, removed, basis } = event.data;
      return `plan ${String(plan)}: +${String(put.length)} -${String(removed.length)} objects, for the events up to seq ${String(basis)}`;
    }
    case 'ChangeApplied': {
      const { host, plan, evidence } = event.data;
      return `host ${host} acknowledged plan ${String(plan)}: it holds ${count(evidence.objects, 'object')}`;
    }
    case 'ChangeFailed':
      return `host ${event.data.host} did not take plan ${String(event.data.plan)}: ${event.data.problem}`;
    case 'HostCleared':
      return `host ${event.data.host} holds nothing any longer`;
    case 'ShardHeld':
      return heldWords(event.data);
    case 'ShardResumed':
      return 'follows the events again';
    case 'BypassOpened':
      return `bypass ${String(event.data.bypass)}: host ${event.data.host} is changed by hand from now on`;
    case 'BypassClosed':
      return `bypass ${String(event.data.bypass)}: host ${event.data.host} is not changed by hand any longer`;
    case 'BypassSettled':
      return `bypass ${String(event.data.bypass)} is over: host ${event.data.host} was seen whole, and holds plan ${String(event.data.plan)}`;
    case 'DriftDetected':
      return driftWords(event.data);
    case 'DriftCorrected':
      return `host ${event.data.host} holds plan ${String(event.data.plan)} again`;
    case 'DropsObserved':
      return observedDropsWords(event.data);
  }
}

function heldWords({ acceptedExposure, ...moment }: EventData<'ShardHeld'>): string {
  const at = `held at the state of ${momentWords(moment)}`;
  if (acceptedExposure === undefined) return at;
  return `${at}, which opens ${count(acceptedExposure, 'connection')} beyond what was authorised: accepted`;
}

function observedDropsWords({ host, drops }: EventData<'DropsObserved'>): string {
  const most = drops.toSorted((a, b) => b.packets - a.packets);
  const words = most.map((between) => `${dropsWords(between)} ${String(between.packets)}`);
  return `host ${host} dropped packets: ${listWords(words)}`;
}

function driftWords({ host, plan, found, problem, put, removed }: EventData<'DriftDetected'>): string {
  const acknowledged = plan === 0 ? 'nothing' : `plan ${String(plan)}`;
  const where = `drift: host ${host}, which acknowledged ${acknowledged},`;
  switch (found) {
    case 'nothing':
      return `${where} holds nothing`;
    case 'unreadable':
      return `${where} cannot be read${problem === undefined ? '' : `: ${problem}`}`;
    case 'foreign':
      return `${where} holds ${problem ?? "another ledger's objects"}`;
    case 'objects':
      if (put.length + removed.length === 0)
        return `${where} holds the same objects under another mark (the plan's number, or its digest)`;
      return `${where} ${differenceWords({ put, removed })}`;
  }
}

/** What a host holds beside or instead of what it should, and what it lacks: as `known` has it, else by its key. */
export function differenceWords(
  { put, removed }: { readonly put: readonly OverlayObject[]; readonly removed: readonly string[] },
  known: ReadonlyMap<string, OverlayObject> = new Map(),
): string {
  const lacking = removed.map((key) => {
    const object = known.get(key);
    return object === undefined ? key : objectWords(object);
  });
  return [
    ...(put.length === 0 ? [] : [`holds what it should not: ${listWords(put.map(objectWords))}`]),
    ...(removed.length === 0 ? [] : [`lacks ${listWords(lacking)}`]),
  ].join('; ');
}

/** An object found on a host. An acl is named by the traffic that it lets through or stops. */
function objectWords(object: OverlayObject): string {
  if (object.kind !== 'acl') return keyOf(object);
  return `${object.side} ${object.action} ${object.from} -> ${object.to} ${protocolWords(object)}`;
}

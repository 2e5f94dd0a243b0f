import type { Bound, IngressRule, Rule } from '../../events/estate.ts';
import { protocolWords } from './traffic-words.ts';

/** A rule as one line: `egress to globex/database, tcp/5432, only segment web`. */
export function ruleWords(rule: Rule): string {
  const peer = 'destination' in rule ? `egress to ${rule.destination}` : `ingress from ${sourceWords(rule)}`;
  return [
    peer,
    protocolWords(rule),
    ...(rule.segment === undefined ? [] : [`only segment ${rule.segment}`]),
    ...(rule.guard === undefined ? [] : [`guard ${rule.guard}`]),
    ...boundWords(rule.from, 'from'),
    ...boundWords(rule.expires, 'until'),
  ].join(', ');
}

function sourceWords({ source }: IngressRule): string {
  return source === '*' ? 'every tenant (*)' : source;
}

function boundWords(bound: Bound | undefined, word: string): string[] {
  return bound === undefined ? [] : [`${word} ${bound.text}`];
}

import type { DropsBetween } from '../../events/observation.ts';

/** Ends between which packets were dropped, and by what. */
export function dropsWords(between: DropsBetween): string {
  return `${fromWords(between)} -> ${toWords(between)} (${causeWords(between)})`;
}

/** The sender, as far as a counter tells it. */
export function fromWords({ from }: DropsBetween): string {
  return from ?? 'anybody';
}

/** The receiver, as far as a counter tells it. */
export function toWords({ to, by }: DropsBetween): string {
  return to ?? (by === 'no-address' ? 'nobody' : 'anybody');
}

/** What dropped the packets. */
export function causeWords({ by }: DropsBetween): string {
  switch (by) {
    case 'default':
      return 'not granted';
    case 'quarantine':
      return 'quarantine';
    case 'no-address':
      return 'no such address';
  }
}

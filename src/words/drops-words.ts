import type { DropsBetween } from '../../events/observation.ts';

/** Ends between which packets were dropped, and by what. */
export function dropsWords({ from, to, by }: DropsBetween): string {
  return `${fromWords({ from, by })} -> ${toWords({ to, by })} (${causeWords({ by })})`;
}

/** The sender, as far as a counter tells it. */
export function fromWords({ from }: Pick<DropsBetween, 'from' | 'by'>): string {
  return from ?? 'anybody';
}

/** The receiver, as far as a counter tells it. */
export function toWords({ to, by }: Pick<DropsBetween, 'to' | 'by'>): string {
  return to ?? (by === 'no-address' ? "nobody's address" : 'anybody');
}

/** What dropped the packets. */
export function causeWords({ by }: Pick<DropsBetween, 'by'>): string {
  switch (by) {
    case 'default':
      return 'not granted';
    case 'quarantine':
      return 'in quarantine';
    case 'no-address':
      return 'not found';
  }
}

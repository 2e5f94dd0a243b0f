import type { Severity } from './meanings.ts';

/** Severities from 0 to 10, as CEF counts them. */
export const levels: Readonly<Record<Severity, number>> = {
  informational: 1,
  low: 3,
  medium: 5,
  high: 7,
  critical: 10,
};

/** The wall clock as a port, so that tests and simulations bring their own. */
export interface Clock {
  /** Now, as UTC with milliseconds: `2026-03-01T12:00:00.000Z`. */
  now(): string;
}

export const systemClock: Clock = { now: () => new Date().toISOString() };

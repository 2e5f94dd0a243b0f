/** The wall clock as a port, so that tests and simulations bring their own. */
export interface Clock {
  /** Now, as UTC with milliseconds: `2026-03-01T12:00:00.000Z`. */
  now(): string;
}

/** The last answer: writing down a time takes longer than reading the clock, and many ask within a millisecond. */
let last = { milliseconds: NaN, text: '' };

export const systemClock: Clock = {
  now() {
    const milliseconds = Date.now();
    if (milliseconds !== last.milliseconds)
      last = { milliseconds, text: new Date(milliseconds).toISOString() };
    return last.text;
  },
};

/** A fault of a value, while its place is not known yet. Returned, never thrown. */
export class Flaw {
  /** For the person who wrote the value: the fault and the mend, in one or two sentences. */
  readonly message: string;
  readonly found: string | undefined;
  /** The values that are allowed instead. */
  readonly allowed: string;
  readonly nearest: string | undefined;

  constructor(message: string, hints: Hints) {
    this.message = message;
    this.found = hints.found;
    this.allowed = hints.allowed;
    this.nearest = hints.nearest;
  }
}

interface Hints {
  /** A description of the value, where its text alone would not do. */
  readonly found?: string | undefined;
  readonly allowed: string;
  readonly nearest?: string | undefined;
}

/** What documents may name, and no document declares: it depends on the program that reads them. */
export interface Installation {
  /** The names of the overlay drivers that there are. */
  readonly drivers: readonly string[];
}

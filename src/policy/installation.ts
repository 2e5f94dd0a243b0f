/** Names that documents may use and no document declares: they depend on the program that reads the documents. */
export interface Installation {
  /** The names of the overlay drivers that there are. */
  readonly drivers: readonly string[];
}

import { keyPathText, pathId, type KeyPath, type Place } from '../place.ts';

/** A key or item of a document, as it stands in the file. */
export interface SourceNode {
  readonly line: number;
  /** The text of its value, shortened. */
  readonly written: string;
}

/** The places of the parts of one document. */
export class SourceMap {
  readonly #file: string;
  readonly #nodes: ReadonlyMap<string, SourceNode>;
  readonly #unreadable: ReadonlySet<string>;
  readonly #firstLine: number;

  constructor(options: {
    file: string;
    firstLine: number;
    nodes: ReadonlyMap<string, SourceNode>;
    unreadable: ReadonlySet<string>;
  }) {
    this.#file = options.file;
    this.#firstLine = options.firstLine;
    this.#nodes = options.nodes;
    this.#unreadable = options.unreadable;
  }

  has(path: KeyPath): boolean {
    return this.#nodes.has(pathId(path));
  }

  /** True where a document held an alias, or too deep a nesting. The walk has reported it already. */
  isUnreadable(path: KeyPath): boolean {
    return this.#unreadable.has(pathId(path));
  }

  /** The text of the value, shortened. Undefined where nothing was written, and for the document as a whole. */
  written(path: KeyPath): string | undefined {
    return this.#nodes.get(pathId(path))?.written;
  }

  /** The place of a part that may be missing: its own key path, on the line of the nearest written part around it. */
  placeOf(path: KeyPath): Place {
    const nearest = this.#nodes.get(pathId(this.longestKnown(path)));
    return { file: this.#file, line: nearest?.line ?? this.#firstLine, keyPath: keyPathText(path) };
  }

  /** The longest beginning of the path that was written. */
  longestKnown(path: KeyPath): KeyPath {
    let length = path.length;
    while (length > 0 && !this.has(path.slice(0, length))) length -= 1;
    return path.slice(0, length);
  }
}

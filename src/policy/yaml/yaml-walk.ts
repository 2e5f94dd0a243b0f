import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type ParsedNode,
  type Range,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import { excerpt, excerptLengthMax } from '../excerpt.ts';
import { Flaw } from '../flaw.ts';
import { nestingDepthMax } from '../limits.ts';
import { keyPathText, pathId, problemAt, type KeyPath, type LocatedProblem, type Place } from '../place.ts';
import { otherReadingOf } from './read-differently.ts';
import { SourceMap, type SourceNode } from './source-map.ts';

/**
 * One document of a file: plain data (mappings without duplicate keys, lists, scalars), and the place of each part.
 */
export interface WrittenDocument {
  readonly value: unknown;
  readonly source: SourceMap;
  /** Faults of any kind of document: duplicate keys, aliases, tags, too deep a nesting. */
  readonly problems: readonly LocatedProblem[];
  /**
   * Texts without quotes that other versions of YAML do not read as texts. They are faults where the value is right
   * otherwise: a wrong one wants more than quotes.
   */
  readonly doubts: readonly LocatedProblem[];
}

/** Turns the syntax tree of one document into plain data, and notes places and problems on the way. */
export class YamlWalk {
  readonly #problems: LocatedProblem[] = [];
  readonly #doubts: LocatedProblem[] = [];
  readonly #file: string;
  readonly #text: string;
  readonly #lineAt: (offset: number) => number;
  readonly #nodes = new Map<string, SourceNode>();
  readonly #unreadable = new Set<string>();

  constructor(options: { file: string; text: string; lineOf: (offset: number) => number }) {
    this.#file = options.file;
    this.#text = options.text;
    this.#lineAt = options.lineOf;
  }

  /** Undefined for an empty document. */
  read(contents: ParsedNode): WrittenDocument | undefined {
    if (isScalar(contents) && contents.value === null && contents.source === '') return undefined;
    const firstLine = this.#lineOf(contents);
    const value = this.#convert(contents, []);
    const source = new SourceMap({
      file: this.#file,
      firstLine,
      nodes: this.#nodes,
      unreadable: this.#unreadable,
    });
    return { value, source, problems: this.#problems, doubts: this.#doubts };
  }

  #convert(node: ParsedNode, path: KeyPath): unknown {
    if (isAlias(node)) {
      const flaw = new Flaw('an alias has no place here: write the value out', {
        allowed: 'the value itself',
      });
      return this.#refuse(node, path, flaw);
    }
    this.#refuseTag(node, path);
    if (isScalar(node)) return this.#convertScalar(node, path);
    if (path.length >= nestingDepthMax) {
      return this.#refuse(
        node,
        path,
        new Flaw('nested too deeply', { allowed: `at most ${nestingDepthMax} levels` }),
      );
    }
    if (isMap(node)) return this.#convertMapping(node, path);
    return node.items.map((item, index) => {
      const itemPath = [...path, index];
      this.#note(item, item, itemPath);
      return this.#convert(item, itemPath);
    });
  }

  /** YAML versions disagree about numbers such as 010: a number is taken only as everyone reads it. */
  #convertScalar(node: Scalar.Parsed, path: KeyPath): unknown {
    const { value, source } = node;
    if (typeof value === 'string' && node.type === 'PLAIN') this.#doubt(node, path, value);
    if (typeof value !== 'number' || isReadAlike(value, source)) return value;
    const digits = String(value);
    const nearest = plainDecimal.test(digits) ? digits : undefined;
    const flaw = new Flaw(
      'this number is not written in plain decimal: versions of YAML read it differently',
      {
        allowed: `decimal digits without leading zeros, as 443${path.some((key) => numberKeys.has(key)) ? '' : '; or quotes around a text'}`,
        nearest,
      },
    );
    return this.#refuse(node, path, flaw);
  }

  #doubt(node: Scalar.Parsed, path: KeyPath, text: string): void {
    const reading = otherReadingOf(text);
    // An instant with its offset is the same instant, as text and as time.
    if (reading === undefined || (timeKeys.has(path.at(-1)) && isInstant.test(text))) return;
    const quoted = JSON.stringify(text);
    const flaw = new Flaw(`YAML 1.1 reads this as ${reading}, YAML 1.2 as text: put it in quotes`, {
      allowed: `${quoted}, in quotes`,
      nearest: quoted,
    });
    this.#doubts.push(problemAt(this.#placeOf(node.range, path), flaw, this.#written(node)));
  }

  #convertMapping(node: YAMLMap<ParsedNode, ParsedNode | null>, path: KeyPath): unknown {
    const entries = new Map<string, unknown>();
    const lines = new Map<string, number>();
    for (const { key, value } of node.items) {
      if (!isScalar(key)) {
        this.#report(key, path, new Flaw('a key is a plain word', { allowed: 'keys that are text' }));
        continue;
      }
      const name = typeof key.value === 'string' ? key.value : key.source;
      const keyPath = [...path, name];
      const firstLine = lines.get(name);
      if (firstLine !== undefined) {
        this.#report(key, keyPath, duplicateFlaw(name, firstLine));
        continue;
      }
      lines.set(name, this.#lineOf(key));
      this.#refuseTag(key, keyPath);
      this.#note(key, value ?? key, keyPath);
      entries.set(name, value === null ? null : this.#convert(value, keyPath));
    }
    return Object.fromEntries(entries);
  }

  #refuseTag({ tag, range }: ParsedNode, path: KeyPath): void {
    if (tag === undefined) return;
    const flaw = new Flaw('a tag has no place here: leave it out', {
      found: excerpt(tag),
      allowed: 'values without tags',
    });
    this.#problems.push(problemAt(this.#placeOf(range, path), flaw));
  }

  /** Puts null in place of a refused value. The path is marked, so that no later check reports it again. */
  #refuse(node: ParsedNode, path: KeyPath, flaw: Flaw): null {
    this.#unreadable.add(pathId(path));
    this.#report(node, path, flaw);
    return null;
  }

  #report(node: ParsedNode, path: KeyPath, flaw: Flaw): void {
    this.#problems.push(problemAt(this.#placeOf(node.range, path), flaw, this.#written(node)));
  }

  #placeOf([start]: Range, path: KeyPath): Place {
    return { file: this.#file, line: this.#lineAt(start), keyPath: keyPathText(path) };
  }

  #note(at: ParsedNode, value: ParsedNode, path: KeyPath): void {
    this.#nodes.set(pathId(path), { line: this.#lineOf(at), written: this.#written(value) });
  }

  #lineOf(node: ParsedNode): number {
    return this.#lineAt(node.range[0]);
  }

  #written(node: ParsedNode): string {
    const [start, end] = node.range;
    if (isMap(node) || isSeq(node)) {
      const isShort =
        end - start <= excerptLengthMax && !this.#text.slice(start, end).trimEnd().includes('\n');
      if (!isShort) return isMap(node) ? 'a mapping' : 'a list';
    }
    return excerpt(this.#text, start, end);
  }
}

/** Below these keys stand numbers, and no text in quotes. */
const numberKeys: ReadonlySet<unknown> = new Set(['ports', 'vnis']);
/** The keys whose values are times. */
const timeKeys: ReadonlySet<unknown> = new Set(['from', 'expires']);
const isInstant = /T.*(?:Z|[-+]\d\d:\d\d)$/;

const plainDecimal = /^-?(0|[1-9]\d*)$/;

/** Fractions and infinities are no whole numbers in any version: whoever needs a whole number refuses them. */
function isReadAlike(value: number, source: string): boolean {
  return plainDecimal.test(source) || !Number.isInteger(value);
}

function duplicateFlaw(name: string, firstLine: number): Flaw {
  return new Flaw(`this key is written twice: first on line ${firstLine}, and here`, {
    found: excerpt(name),
    allowed: 'each key once',
  });
}

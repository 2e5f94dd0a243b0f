import type { Row } from './row.ts';

const headings = ['case', 'value', 'unit', 'floor', 'floor is', 'ratio', 'target', 'met'] as const;
const toTheRight = new Set<string>(['value', 'floor', 'ratio']);

/** The rows as aligned columns under their headings; a row that misses its target says MISSED. */
export function tableOf(rows: readonly Row[]): string {
  const lines = [headings, ...rows.map(cells)];
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) => line.map((cell, column) => padded(cell, widths[column] ?? 0, headings[column] ?? '')))
    .map((line) => `${line.join('  ').trimEnd()}\n`)
    .join('');
}

/** The rows as one JSON document. */
export function jsonOf(rows: readonly Row[]): string {
  return `${JSON.stringify({ formatVersion: 1, rows }, undefined, 2)}\n`;
}

function cells(row: Row): readonly string[] {
  return [
    row.case,
    numberText(row.value),
    row.unit,
    numberText(row.floor),
    row.floorIs ?? '',
    row.ratio === null ? '' : row.ratio.toFixed(2),
    row.target ?? '',
    row.met === null ? '' : row.met ? 'yes' : 'MISSED',
  ];
}

/** Three digits that count; whole numbers from 100 on. */
function numberText(value: number | null): string {
  if (value === null) return '';
  return value >= 100 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));
}

function padded(cell: string, width: number, heading: string): string {
  return toTheRight.has(heading) ? cell.padStart(width) : cell.padEnd(width);
}

import { displayWidth, pad } from '../text.js';

/** Aligned columns, two spaces apart; cells are measured bare and painted afterwards. The last column is not padded. */
export function table(rows: readonly (readonly Cell[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, displayWidth(textOf(cell)));
  }
  return rows.map((row) =>
    row
      .map((cell, index) => {
        const text = index === row.length - 1 ? textOf(cell) : pad(textOf(cell), widths[index] ?? 0);
        return typeof cell === 'string' ? text : cell.paint(text);
      })
      .join('  ')
      .trimEnd(),
  );
}

export type Cell = string | { readonly text: string; readonly paint: (text: string) => string };

function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell.text;
}

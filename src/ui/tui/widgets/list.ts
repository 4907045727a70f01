import { fill, type Line, type Room, selected, span } from '../lines.js';

/** The first row to show so that the cursor stays in sight, a little away from the edges. */
export function firstVisible(cursor: number, rows: number, total: number): number {
  return Math.max(0, Math.min(cursor - Math.floor(rows / 2), total - rows));
}

export function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(value, most));
}

/** Rows of a list of any length; only the visible ones are made. */
export function list<T>(items: readonly T[], cursor: number, room: Room, row: (item: T, isSelected: boolean) => Line): Line[] {
  const at = clamp(cursor, 0, Math.max(0, items.length - 1));
  const first = firstVisible(at, room.rows, items.length);
  return items.slice(first, first + room.rows).map((item, index) => {
    const isSelected = first + index === at;
    const line = row(item, isSelected);
    return isSelected ? selected(line, room.columns) : line;
  });
}

/** A page of a longer text; where more follows, the last row says how much. */
export function page(lines: readonly Line[], offset: number, room: Room): Line[] {
  if (lines.length <= room.rows) return [...lines];
  const first = clamp(offset, 0, lastOffset(lines.length, room));
  const visible = lines.slice(first, first + room.rows - 1);
  const below = lines.length - first - visible.length;
  const where = below > 0 ? `${below} more ${below === 1 ? 'line' : 'lines'} below` : 'end';
  return [...visible, fill([span(`  ${where}`, 'dim')], room.columns)];
}

/** The largest offset at which a page is still full. */
export function lastOffset(total: number, room: Room): number {
  return total <= room.rows ? 0 : total - room.rows + 1;
}

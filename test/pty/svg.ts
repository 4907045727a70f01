import type { IBufferCell } from '@xterm/headless';
import type { Screen } from './screen.js';

const FONT = 14;
const CELL = FONT * 0.6;
const LINE = Math.round(FONT * 1.25);
const PADDING = 14;
const BAR = 30;
const BACKGROUND = '#1e1e2e';
const FOREGROUND = '#cdd6f4';
const PALETTE = ['#45475a', '#f38ba8', '#a6e3a1', '#f9e2af', '#89b4fa', '#cba6f7', '#94e2d5', '#bac2de'];
const BRIGHT = ['#6c7086', '#f38ba8', '#a6e3a1', '#f9e2af', '#89b4fa', '#cba6f7', '#94e2d5', '#ffffff'];

interface Look {
  readonly text: string;
  readonly color: string;
  readonly background: string;
  readonly style: string;
}

/** The screen as a picture: one rectangle a run of background, one text a run of equal look. */
export function svg(screen: Screen, title: string): string {
  const { cols, rows } = screen.terminal;
  const width = Math.round(cols * CELL + PADDING * 2);
  const height = rows * LINE + PADDING * 2 + BAR;
  const rowsOfRuns = Array.from({ length: rows }, (_, row) => runsOf(screen, row));
  const body = rowsOfRuns.flatMap((runs, row) => runs.map((run) => drawn(run, PADDING + BAR + row * LINE))).join('');
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="'DejaVu Sans Mono',Menlo,Consolas,monospace" font-size="${FONT}"><title>${escaped(title)}</title><rect width="100%" height="100%" rx="8" fill="${BACKGROUND}"/><text x="${width / 2}" y="24" fill="#a6adc8" text-anchor="middle">${escaped(title)}</text>${body}</svg>\n`;
}

interface Run {
  readonly look: Look;
  readonly from: number;
  readonly cells: number;
}

function runsOf(screen: Screen, row: number): Run[] {
  const buffer = screen.terminal.buffer.active;
  const line = buffer.getLine(buffer.viewportY + row);
  const runs: Run[] = [];
  for (let column = 0; column < screen.terminal.cols; column++) {
    const cell = line?.getCell(column);
    if (!cell) continue;
    const look = lookOf(cell);
    const last = runs.at(-1);
    if (last && sameLook(last.look, look))
      runs[runs.length - 1] = { ...last, look: { ...look, text: last.look.text + look.text }, cells: last.cells + 1 };
    else runs.push({ look, from: column, cells: 1 });
  }
  return runs;
}

function lookOf(cell: IBufferCell): Look {
  const color = cell.isFgDefault() ? FOREGROUND : colorOf(cell.getFgColor(), cell.isFgRGB());
  const background = cell.isBgDefault() ? '' : colorOf(cell.getBgColor(), cell.isBgRGB());
  const swap = cell.isInverse() !== 0;
  const style = `${cell.isBold() ? ' font-weight="bold"' : ''}${cell.isDim() ? ' opacity=".6"' : ''}`;
  return {
    text: cell.getWidth() === 0 ? '' : cell.getChars() || ' ',
    color: swap ? background || BACKGROUND : color,
    background: swap ? color : background,
    style,
  };
}

function sameLook(a: Look, b: Look): boolean {
  return a.color === b.color && a.background === b.background && a.style === b.style;
}

function colorOf(color: number, isRgb: boolean): string {
  if (isRgb) return `#${color.toString(16).padStart(6, '0')}`;
  return (color < 8 ? PALETTE[color] : BRIGHT[color - 8]) ?? FOREGROUND;
}

function drawn({ look, from, cells }: Run, top: number): string {
  const left = (PADDING + from * CELL).toFixed(1);
  const width = (cells * CELL).toFixed(1);
  const behind =
    look.background === '' ? '' : `<rect x="${left}" y="${top}" width="${width}" height="${LINE}" fill="${look.background}"/>`;
  if (look.text.trim() === '') return behind;
  const baseline = top + Math.round(FONT * 0.95);
  return `${behind}<text x="${left}" y="${baseline}" fill="${look.color}"${look.style} textLength="${width}" lengthAdjust="spacingAndGlyphs" xml:space="preserve">${escaped(look.text)}</text>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[character] ?? character);
}

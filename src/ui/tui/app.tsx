import { Box, type Key, Text, useInput, usePaste, useWindowSize } from 'ink';
import { memo, useEffect, useSyncExternalStore } from 'react';
import type { Terminal, Tone } from '../paint.js';
import type { Controller } from './controller.js';
import type { Line, Span } from './lines.js';
import { paste, press } from './press.js';
import { pressesOf } from './presses.js';
import { frameLines } from './widgets/frame.js';

/** The whole screen: the frame of the shown state, one row of text a line. */
export function App({ controller }: { readonly controller: Controller }) {
  const { store } = controller;
  const state = useSyncExternalStore(store.subscribe, store.shown);
  const { columns, rows } = useWindowSize();
  useEffect(() => {
    store.update((now) => ({ ...now, size: { columns, rows } }));
    store.flush();
  }, [store, columns, rows]);
  useInput((input: string, key: Key) => {
    for (const one of pressesOf(input, key)) press(controller, one);
  });
  usePaste((text: string) => paste(controller, text));
  // Between a resize and its place in the store the old lines would be wrapped by the new width.
  const lines = frameLines({ ...state, size: { columns, rows } });
  return (
    <Box flexDirection="column" width={columns}>
      {lines.map((line, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row of the terminal is its number
        <Row key={row} line={line} terminal={state.terminal} />
      ))}
    </Box>
  );
}

const Row = memo(
  ({ line, terminal }: { readonly line: Line; readonly terminal: Terminal }) => (
    <Text wrap="truncate">
      {line.map((span, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: spans have no name but their place
        <Piece key={index} span={span} terminal={terminal} />
      ))}
    </Text>
  ),
  (before, after) => before.terminal === after.terminal && sameLine(before.line, after.line),
);

function Piece({ span, terminal }: { readonly span: Span; readonly terminal: Terminal }) {
  const color = terminal.color ? COLORS[span.tone ?? 'plain'] : undefined;
  return (
    <Text
      {...(color === undefined ? {} : { color })}
      bold={span.bold ?? false}
      dimColor={terminal.color && span.tone === 'dim'}
      inverse={span.inverse ?? false}
    >
      {terminal.unicode ? span.text : asciiOf(span.text)}
    </Text>
  );
}

const COLORS: Readonly<Record<Tone, string | undefined>> = {
  good: 'green',
  bad: 'red',
  warn: 'yellow',
  busy: 'cyan',
  accent: 'cyan',
  dim: undefined,
  plain: undefined,
};

/** Where the terminal has no UTF-8: marks of our own by likeness, letters of others by a question mark, each as wide as before. */
function asciiOf(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  return text
    .replaceAll('…', '~')
    .replaceAll('↓', 'v')
    .replaceAll('↑', '^')
    .replaceAll('←', '<')
    .replaceAll('→', '>')
    .replace(/[^\x20-\x7e]/gu, '?');
}

function sameLine(a: Line, b: Line): boolean {
  return (
    a.length === b.length &&
    a.every((span, index) => {
      const other = b[index];
      return (
        other !== undefined &&
        span.text === other.text &&
        span.tone === other.tone &&
        (span.bold ?? false) === (other.bold ?? false) &&
        (span.inverse ?? false) === (other.inverse ?? false)
      );
    })
  );
}

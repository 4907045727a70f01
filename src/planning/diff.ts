import { createTwoFilesPatch } from 'diff';

/** A unified diff of two texts of one path, without the header lines; empty when they are equal. */
export function textDiff(path: string, before: string, after: string): string {
  if (before === after) return '';
  const patch = createTwoFilesPatch(path, path, before, after, '', '', { context: 3 });
  return patch
    .split('\n')
    .filter((line) => !/^(={10,}|--- |\+\+\+ |\\ )/.test(line))
    .join('\n')
    .trimEnd();
}

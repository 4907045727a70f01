/**
 * Orders names as people do: `0/lxd/2` before `0/lxd/10`. By code unit, numbers by their value. Intl's collator does it too, and takes
 * 10 ms to make.
 */
export function compareNatural(a: string, b: string): number {
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    const [first, second] = [numberEnd(a, i), numberEnd(b, j)];
    if (first > i && second > j) {
      const [one, other] = [withoutZeros(a.slice(i, first)), withoutZeros(b.slice(j, second))];
      if (one !== other) return one.length - other.length || (one < other ? -1 : 1);
      [i, j] = [first, second];
    } else {
      const difference = a.charCodeAt(i++) - b.charCodeAt(j++);
      if (difference !== 0) return difference;
    }
  }
  return a.length - i - (b.length - j);
}

function numberEnd(text: string, start: number): number {
  let end = start;
  while (text.charCodeAt(end) >= 0x30 && text.charCodeAt(end) <= 0x39) end++;
  return end;
}

function withoutZeros(digits: string): string {
  return digits.replace(/^0+(?=.)/, '');
}

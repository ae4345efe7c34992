// Lines and columns of positions in a text, both from 1.

export function lineOf(text: string, at: number): number {
  let line = 1;
  for (let next = text.indexOf('\n'); next >= 0 && next < at; next = text.indexOf('\n', next + 1)) line += 1;
  return line;
}

export function columnOf(text: string, at: number): number {
  return at - (at === 0 ? -1 : text.lastIndexOf('\n', at - 1));
}

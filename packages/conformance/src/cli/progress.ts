import { clearLine, cursorTo } from 'node:readline';

/** One line that says how far a program is. */
export interface Progress {
  show(line: string): void;
  /** Before anything else is written, and at the end. */
  clear(): void;
}

/** On a terminal the line is written over; elsewhere `otherwise` gets it. */
export function progressOn(stream: NodeJS.WriteStream, otherwise: (line: string) => void = () => {}): Progress {
  if (stream.isTTY !== true) return { show: otherwise, clear() {} };
  const clear = (): void => {
    cursorTo(stream, 0);
    clearLine(stream, 0);
  };
  return {
    clear,
    show(line) {
      clear();
      // A line that wraps could not be cleared.
      stream.write(line.slice(0, stream.columns - 1));
    },
  };
}

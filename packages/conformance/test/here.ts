import { vi } from 'vitest';

/** What a program came to. */
export interface Said {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program in this process, in that folder: to start one of its own takes longer than most of what it is asked here. How
 * it ends, is stopped and shares its output with modules is for processes.
 */
export async function here(
  main: (args: readonly string[]) => Promise<number>,
  args: readonly string[],
  folder = process.cwd(),
): Promise<Said> {
  const said = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      said[name] += text;
      return true;
    }),
  );
  const before = process.cwd();
  process.chdir(folder);
  try {
    return { status: await main(args), ...said };
  } finally {
    process.chdir(before);
    for (const spy of spies) spy.mockRestore();
  }
}

export type OnProgress = (line: string) => void;

/** Reports `<label>, <n> s` while `work` runs: first after two seconds, then at doubling times. Quick work says nothing. */
export async function withProgress<T>(label: string, onProgress: OnProgress, work: () => Promise<T>): Promise<T> {
  let seconds = 0;
  let nextAt = 2;
  const timer = setInterval(() => {
    seconds += 1;
    if (seconds < nextAt) return;
    onProgress(`${label}, ${seconds} s`);
    nextAt *= 2;
  }, 1000);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

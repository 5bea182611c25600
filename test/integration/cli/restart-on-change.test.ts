import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { restartOnChange } from '#cli/dev/restart-on-change.ts';
import { Pod } from '#cli/local/pod.ts';
import { temporaryFolder } from '#test/support/child.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { until } from '#test/support/until.ts';

trackLeaks();

it('a pod starts again when a source below a folder changes, and not for other files', async () => {
  const argv = [process.execPath, '-e', 'setInterval(() => {}, 1000)'];
  const container = { name: 'main', argv, env: {}, startup: null, readiness: null, ports: {} };
  const pod = new Pod(
    { name: 'operator', labels: {}, files: [], containers: [container], graceMs: 2_000 },
    { onLine: () => undefined, onExit: () => undefined },
  );
  await pod.start(AbortSignal.timeout(10_000));
  const first = await until(() => pod.pidOf('main'), { describe: 'the process' });

  const folder = temporaryFolder('sources');
  mkdirSync(join(folder, 'below'));
  const lines: string[] = [];
  const ending = new AbortController();
  const following = restartOnChange(pod, {
    folders: [folder],
    onProgress: (line) => lines.push(line),
    signal: ending.signal,
  });
  writeFileSync(join(folder, 'notes.md'), 'x');
  writeFileSync(join(folder, 'below', 'a.ts'), 'x');
  const isAnother = () => {
    const pid = pod.pidOf('main');
    return pid !== null && pid !== first;
  };
  await until(isAnother, { describe: 'another process' });
  expect(lines).toContain(`${join('below', 'a.ts')} changed: operator starts again`);
  expect(lines.join()).not.toContain('notes.md');

  ending.abort();
  await following;
  await pod.stop();
});

import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { asError } from '#shared/logger.ts';

const SECRET = 'hunter2-hunter2';

/** What a process writes; the logger writes past the streams of the one that tests. */
function run(script: string): string {
  const source = `import { createLogger } from '#shared/logger.ts';\n${script}`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', source], {
    encoding: 'utf8',
    timeout: 10_000,
  });
  expect(stderr).toBe('');
  return stdout;
}

it('writes one line of JSON, with the process and its fields', () => {
  const [line = '', ...rest] = run("createLogger('ingress', 'info', { webhook: 'support' }).warn({ a: 1 }, 'said');")
    .trimEnd()
    .split('\n');
  expect(rest).toEqual([]);
  expect(JSON.parse(line)).toEqual({
    level: 'warn',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    process: 'ingress',
    webhook: 'support',
    a: 1,
    msg: 'said',
  });
});

it('keeps back what is called a secret, a body or a credential', () => {
  const names = ['secret', 'secrets', 'password', 'token', 'authorization', 'body'];
  const fields = JSON.stringify(Object.fromEntries(names.map((name) => [name, SECRET])));
  const written = run(`createLogger('ingress', 'info').info(${fields}, 'said');`);
  expect(written).toContain('"msg":"said"');
  expect(written.match(/\[redacted\]/g)).toHaveLength(names.length);
  expect(written).not.toContain(SECRET);
});

it('keeps it back one level down, too', () => {
  const written = run(`
    const logger = createLogger('ingress', 'info');
    logger.info({ config: { secret: '${SECRET}' }, headers: { authorization: '${SECRET}' } }, 'said');
    logger.error({ err: Object.assign(new Error('failed'), { body: '${SECRET}' }) }, 'said');
  `);
  expect(written.match(/"msg":"said"/g)).toHaveLength(2);
  expect(written).not.toContain(SECRET);
});

it('takes whatever was thrown for an error', () => {
  const error = new TypeError('thrown');
  expect(asError(error)).toBe(error);
  expect(asError('text').message).toBe('text');
  expect(asError(undefined)).toBeInstanceOf(Error);
});

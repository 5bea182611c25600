import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { trackLeaks } from '#test/support/leaks.ts';

trackLeaks();

/** Runs a process that has other things to do, until `fault` happens in it. */
function run(fault: string) {
  const program = `
    import { endOnFault } from '#shared/lifecycle.ts';
    import { createLogger } from '#shared/logger.ts';
    const logger = createLogger('test', 'info');
    endOnFault(logger);
    const error = Object.assign(new TypeError('out of step'), { request: { headers: { cookie: 's3cret' } } });
    setTimeout(() => logger.info('something that others see'), 100);
    setImmediate(() => { ${fault} });
  `;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  return { status, stderr, stdout, lines: stdout.trim().split('\n') };
}

it.each([
  ['an exception', 'throw error', 'uncaughtException', 'out of step'],
  ['a rejection that nobody waits for', 'void Promise.reject(error)', 'unhandledRejection', 'out of step'],
  ['what is no error', 'void Promise.reject({ key: "s3cret" })', 'unhandledRejection', 'reason "#<Object>"'],
])(
  '%s ends the process before it does anything else, and says so in one line without fields',
  (_case, fault, origin, message) => {
    const { status, stderr, stdout, lines } = run(fault);
    expect(status).toBe(1);
    expect(stderr).toBe('');
    expect(lines).toHaveLength(1);
    const said = JSON.parse(stdout) as { err: { message: string; stack: string } };
    expect(said).toMatchObject({ level: 'fatal', process: 'test', msg: 'ended by a fault', origin });
    expect(said.err.message).toContain(message);
    expect(said.err.stack).toContain(message);
    expect(stdout).not.toContain('s3cret');
  },
);

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { OWN_CONTAINER_SECURITY, POD_SECURITY } from '#operator/render/pod-security.ts';
import { readRelease } from '../../../scripts/image/assemble.ts';
import { imageConfig, USER } from '../../../scripts/image/image-facts.ts';

const dockerfile = readFileSync(new URL('../../../Dockerfile', import.meta.url), 'utf8');
const final = dockerfile.slice(dockerfile.indexOf('FROM scratch')).replaceAll('\\\n', ' ');
const instruction = (name: string): string => new RegExp(`^${name} (.*)$`, 'm').exec(final)?.[1]?.trim() ?? '';

/** `A=b C="d e"` as a record. */
const pairs = (text: string): Record<string, string> =>
  Object.fromEntries(
    Array.from(text.matchAll(/(\S+?)=(?:"([^"]*)"|(\S+))/g), ([, key, quoted, plain]) => [key, quoted ?? plain]),
  );

it('configures the image as the script does', async () => {
  const { config } = imageConfig(await readRelease(), 'amd64', []);
  expect(instruction('USER')).toBe(config.User);
  expect(instruction('WORKDIR')).toBe(config.WorkingDir);
  expect(JSON.parse(instruction('ENTRYPOINT'))).toEqual(config.Entrypoint);
  expect(JSON.parse(instruction('CMD'))).toEqual(config.Cmd);
  expect(Object.entries(pairs(instruction('ENV'))).map(([name, value]) => `${name}=${value}`)).toEqual(config.Env);
  expect(pairs(instruction('LABEL'))).toEqual(config.Labels);
});

it('runs as the user that rendered pods set', () => {
  expect(OWN_CONTAINER_SECURITY.runAsUser).toBe(USER);
  expect(POD_SECURITY.fsGroup).toBe(USER);
});

import { BUSYBOX_IMAGE, COREDNS_IMAGE, LOCAL_PATH_IMAGE, NATS_IMAGE, PAUSE_IMAGE } from './image-names.ts';
import { packProgram } from './pack-image.ts';
import type { ImagePrograms } from './programs.ts';

const APPLETS = [
  'cat',
  'chmod',
  'env',
  'id',
  'kill',
  'ls',
  'mkdir',
  'nc',
  'nslookup',
  'ps',
  'rm',
  'sh',
  'sleep',
  'timeout',
  'touch',
  'wget',
];

const LONGEST_SLEEP_S = '2147483647';

/**
 * The images that every cluster has, as files in `folder`: first those without which no pod starts.
 * Pods are held together by a sleep, which is killed at their end: it need not listen to signals.
 */
export async function ownImages(folder: string, programs: ImagePrograms): Promise<string[]> {
  const busybox = {
    program: programs.busybox.path,
    fileName: 'bin/busybox',
    links: APPLETS.map((applet) => `bin/${applet}`),
  };
  const single = (name: string, key: 'coredns' | 'local-path-provisioner' | 'nats-server') => ({
    name,
    program: programs[key].path,
    fileName: key,
    // NATS's own image has it on its PATH too.
    config: { Entrypoint: [`/${key}`], Env: ['PATH=/'] },
  });
  const images = [
    { ...busybox, name: PAUSE_IMAGE, config: { Entrypoint: ['/bin/sleep', LONGEST_SLEEP_S] } },
    { ...busybox, name: BUSYBOX_IMAGE, config: { Cmd: ['/bin/sh'], Env: ['PATH=/bin'] } },
    single(COREDNS_IMAGE, 'coredns'),
    single(LOCAL_PATH_IMAGE, 'local-path-provisioner'),
    single(NATS_IMAGE, 'nats-server'),
  ];
  const files: string[] = [];
  for (const image of images) files.push(await packProgram(folder, image));
  return files;
}

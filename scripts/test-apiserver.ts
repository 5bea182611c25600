import { once } from 'node:events';
import { resolveProgram } from '#cli/programs/resolve.ts';
import { startKubeApiserver } from '#test/support/kube-apiserver.ts';

/** Keeps an API server with an empty etcd up until it is interrupted, and prints how to reach it. */
for (const name of ['etcd', 'kube-apiserver'] as const) {
  await resolveProgram(name, { env: process.env, onProgress: (line) => process.stderr.write(`${line}\n`) });
}
const server = await startKubeApiserver();
process.stderr.write(`ready after ${server.startedMs} ms; Ctrl-C ends it and forgets everything\n`);
process.stdout.write(`export KUBECONFIG=${server.kubeconfig}\n`);
await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
await server.close();

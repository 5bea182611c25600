import { once } from 'node:events';
import { connect } from 'node:net';
import * as z from 'zod';
import { until } from '#test/support/until.ts';
import { cluster, kubectl } from './facts.ts';
import { apply } from './objects.ts';

const Service = z.object({
  spec: z.object({
    clusterIP: z.string(),
    selector: z.record(z.string(), z.string()),
    ports: z.array(
      z.object({ port: z.int(), targetPort: z.union([z.int(), z.string()]), nodePort: z.int().optional() }),
    ),
  }),
});

/** Our own, beside a Service that this machine has no route to. */
const DOOR = 'door';

/**
 * From outside of the cluster to what a Service leads to, as `host:port`: by the node's port of a LoadBalancer, else by the
 * address of the Service, and where this machine has no route there by a node's port of a second one for the same pods.
 */
export async function wayIn(namespace: string, name: string): Promise<string> {
  const { clusterIP, selector, ports } = await read(namespace, name);
  const [port] = ports;
  if (port === undefined) throw new Error(`Service ${namespace}/${name} has no port`);
  const { nodeAddress, hasRoutesToServices } = cluster();
  if (port.nodePort !== undefined) return `${nodeAddress}:${port.nodePort}`;
  if (hasRoutesToServices) return `${clusterIP}:${port.port}`;
  await apply({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace, name: DOOR },
    spec: { type: 'NodePort', selector, ports: [{ port: port.port, targetPort: port.targetPort }] },
  });
  const [door] = (await read(namespace, DOOR)).ports;
  const nodePort = door?.nodePort;
  if (nodePort === undefined) throw new Error(`Service ${namespace}/${DOOR} got no port of the node`);
  // Nodes learn of a new Service about a second after it is there.
  await until(() => isOpen(nodeAddress, nodePort), {
    describe: `port ${nodePort} of the node to lead to Service ${namespace}/${DOOR}`,
    timeoutMs: 15_000,
    everyMs: 100,
  });
  return `${nodeAddress}:${nodePort}`;
}

async function isOpen(host: string, port: number): Promise<true> {
  const socket = connect({ host, port });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(2_000) });
    return true;
  } finally {
    socket.destroy();
  }
}

async function read(namespace: string, name: string) {
  const text = await kubectl('get', 'service', '--namespace', namespace, name, '--output', 'json');
  return Service.parse(JSON.parse(text)).spec;
}

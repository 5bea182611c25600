import type { Namespace, Peer, Pod, Policy, Port } from './objects.ts';
import { isSelected } from './selector.ts';

export interface Scene {
  readonly pods: readonly Pod[];
  readonly namespaces: readonly Namespace[];
  readonly policies: readonly Policy[];
}

type Direction = Policy['spec']['policyTypes'][number];

/** Replies pass: policies speak of who may begin. */
const OPEN = 'ct state established,related accept';

/**
 * What enforces the policies on one node, IPv4, as input for `nft -f`: one table, replaced as a whole. Each pod that a
 * policy isolates has a chain for each direction, whose rules return what may pass; at its end the rest is dropped.
 * What the node itself sends to its pods never comes here, so probes go on. Pure.
 */
export function renderTable(scene: Scene): string {
  const pods = scene.pods.filter(hasOwnAddress).sort((a, b) => (a.status.podIP < b.status.podIP ? -1 : 1));
  const reachable = { ...scene, pods };
  const chains: string[] = [];
  const dispatch = (direction: Direction, field: string): string[] => {
    const jumps = pods.flatMap((pod) => {
      const passes = passesOf(pod, direction, reachable);
      if (passes === null) return [];
      const chain = `${direction.toLowerCase()}_${pod.status.podIP.replaceAll('.', '_')}`;
      const comment = `# ${pod.metadata.namespace}/${pod.metadata.name}`;
      chains.push(block(`chain ${chain}`, [comment, ...passes.map((pass) => `${pass} return`), 'counter drop']));
      return [`${pod.status.podIP} : jump ${chain}`];
    });
    return jumps.length === 0 ? [] : [`ip ${field} vmap { ${jumps.join(', ')} }`];
  };
  const [leaving, arriving] = [dispatch('Egress', 'saddr'), dispatch('Ingress', 'daddr')];
  const hook = (name: string, rules: readonly string[]) =>
    block(`chain ${name}`, [`type filter hook ${name} priority 0;`, OPEN, ...rules]);
  return [
    'add table inet network-policy',
    'delete table inet network-policy',
    block('table inet network-policy', [
      ...chains,
      hook('forward', [...leaving, ...arriving]),
      // Pods that call the node.
      hook('input', leaving),
    ]),
    '',
  ].join('\n');
}

const block = (head: string, lines: readonly string[]): string => `${head} {\n${lines.join('\n')}\n}`;

const hasOwnAddress = ({ spec, status }: Pod): boolean =>
  status.podIP !== '' && !spec.hostNetwork && status.phase !== 'Succeeded' && status.phase !== 'Failed';

/** @returns matches of what may pass, or null where no policy isolates the pod in that direction */
function passesOf(pod: Pod, direction: Direction, scene: Scene): string[] | null {
  const policies = scene.policies.filter(
    ({ metadata, spec }) =>
      metadata.namespace === pod.metadata.namespace &&
      spec.policyTypes.includes(direction) &&
      isSelected(spec.podSelector, pod.metadata.labels),
  );
  if (policies.length === 0) return null;
  const passes = policies.flatMap(({ metadata: { namespace }, spec }) =>
    direction === 'Ingress'
      ? spec.ingress.flatMap(({ from, ports }) =>
          peersOf(from, namespace, 'saddr', scene).flatMap(({ match }) =>
            portsOf(ports, [pod]).map((port) => join(match, port.match)),
          ),
        )
      : spec.egress.flatMap(({ to, ports }) =>
          peersOf(to, namespace, 'daddr', scene).flatMap((peer) =>
            portsOf(ports, peer.pod === null ? scene.pods : [peer.pod]).map((port) =>
              join(
                peer.match,
                peer.pod === null && port.pod !== null ? `ip daddr ${port.pod.status.podIP}` : '',
                port.match,
              ),
            ),
          ),
        ),
  );
  // No policy keeps a pod from itself.
  const itself = `ip ${direction === 'Ingress' ? 'saddr' : 'daddr'} ${pod.status.podIP}`;
  return [...new Set([itself, ...passes])];
}

const join = (...matches: readonly string[]): string => matches.filter((match) => match !== '').join(' ');

/** An address, or addresses, that a rule names; `pod` is null where it is no single pod's. */
interface Named {
  readonly match: string;
  readonly pod: Pod | null;
}

function peersOf(peers: readonly Peer[], namespace: string, field: string, scene: Scene): Named[] {
  if (peers.length === 0) return [{ match: '', pod: null }];
  return peers.flatMap(({ ipBlock, podSelector, namespaceSelector }): Named[] => {
    if (ipBlock !== undefined) {
      if (ipBlock.cidr.includes(':')) return [];
      const except = ipBlock.except.length === 0 ? '' : `ip ${field} != { ${ipBlock.except.join(', ')} }`;
      return [{ match: join(`ip ${field} ${ipBlock.cidr}`, except), pod: null }];
    }
    return scene.pods
      .filter(
        (pod) =>
          (namespaceSelector === undefined
            ? pod.metadata.namespace === namespace
            : isSelected(namespaceSelector, labelsOf(pod.metadata.namespace, scene))) &&
          (podSelector === undefined || isSelected(podSelector, pod.metadata.labels)),
      )
      .map((pod) => ({ match: `ip ${field} ${pod.status.podIP}`, pod }));
  });
}

const labelsOf = (namespace: string, { namespaces }: Scene): Record<string, string> =>
  namespaces.find(({ metadata }) => metadata.name === namespace)?.metadata.labels ?? {};

/** Matches for ports; a named one is whichever of the receiver's has the name, so `pod` is that receiver. */
function portsOf(ports: readonly Port[], receivers: readonly Pod[]): Named[] {
  if (ports.length === 0) return [{ match: '', pod: null }];
  return ports.flatMap(({ protocol, port, endPort }): Named[] => {
    const kind = protocol.toLowerCase();
    if (port === undefined) return [{ match: `meta l4proto ${kind}`, pod: null }];
    if (typeof port === 'number') {
      return [{ match: `${kind} dport ${endPort === undefined ? port : `${port}-${endPort}`}`, pod: null }];
    }
    return receivers.flatMap((pod) =>
      [...pod.spec.initContainers, ...pod.spec.containers]
        .flatMap((container) => container.ports)
        .filter((named) => named.name === port && named.protocol === protocol)
        .map(({ containerPort }) => ({ match: `${kind} dport ${containerPort}`, pod })),
    );
  });
}

import type { V1Container, V1EnvFromSource, V1EnvVar } from '@kubernetes/client-node';
import * as z from 'zod';
import { ENTRY_POINTS, HandlerEnv, PORTS } from '#shared/contract.ts';
import type { Handler } from '../api/spec-handler.ts';
import type { HandlerContainer } from '../api/spec-handler-target.ts';
import { resources } from './container.ts';
import { ALL_ADDRESSES } from './environment.ts';
import { OWN_CONTAINER_SECURITY, RESTRICTED } from './pod-security.ts';

/**
 * The handler as a native sidecar of its worker: a restartable init container, so that it answers before the worker
 * starts and is stopped after the worker has finished. An `http` handler runs elsewhere and has none.
 */
export function handlerContainers(handler: Handler, ownImage: string): V1Container[] {
  const { container, builtin } = handler;
  if (container !== undefined)
    return [{ name: handler.name, ...usersContainer(container), ...sidecar(container.port) }];
  if (builtin === undefined) return [];
  return [
    {
      name: handler.name,
      image: ownImage,
      command: ['node'],
      args: [BUILTINS[builtin.type]],
      env: environment(PORTS.builtinHandler),
      resources: resources({}, DEFAULT_REQUESTS),
      securityContext: OWN_CONTAINER_SECURITY,
      ...sidecar(PORTS.builtinHandler),
    },
  ];
}

const BUILTINS = { Echo: ENTRY_POINTS.echo, Noop: ENTRY_POINTS.noop } as const;

const DEFAULT_REQUESTS = { cpu: '50m', memory: '64Mi' };

const environment = (port: number): V1EnvVar[] =>
  Object.entries(z.encode(HandlerEnv, { HOST: ALL_ADDRESSES, PORT: port })).map(([name, value]) => ({ name, value }));

const sidecar = (port: number) => ({
  ports: [{ name: 'handler', containerPort: port }],
  restartPolicy: 'Always',
  // A connection is all that can be asked of a program we do not know. 300 tries, one a second.
  startupProbe: { tcpSocket: { port: 'handler' }, periodSeconds: 1, failureThreshold: 300 },
});

function usersContainer(container: HandlerContainer) {
  const { image, port, command, args, imagePullPolicy, env, envFrom, volumeMounts, securityContext } = container;
  return {
    image,
    ...(command === undefined ? {} : { command }),
    ...(args === undefined ? {} : { args }),
    ...(imagePullPolicy === undefined ? {} : { imagePullPolicy }),
    env: [...environment(port), ...env] satisfies V1EnvVar[],
    ...(envFrom.length === 0 ? {} : { envFrom: envFrom satisfies V1EnvFromSource[] }),
    ...(volumeMounts.length === 0 ? {} : { volumeMounts }),
    resources: resources(container.resources, DEFAULT_REQUESTS),
    securityContext: { ...RESTRICTED, ...securityContext },
  };
}

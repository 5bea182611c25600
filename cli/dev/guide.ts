/** What to do with what is up. The Secrets that the examples name are among them. */
export const guide = (kubeconfig: string, hasKubectl: boolean): string =>
  [
    'The API server, NATS and the operator are up. In another terminal, in this folder:',
    '',
    `export KUBECONFIG=${kubeconfig}`,
    'kubectl apply -f examples/secrets.yaml -f examples/minimal.yaml    # or all of them: -f examples/',
    'kubectl get icw --watch',
    'kubectl describe icw minimal',
    '',
    ...(hasKubectl ? [] : [WITHOUT_KUBECTL, '']),
    WHAT_IS_NOT_HERE,
    'The operator starts again when a file under operator/ or services/shared/ changes. Ctrl-C ends all and forgets it.',
  ].join('\n');

const WITHOUT_KUBECTL = [
  'There is no kubectl on PATH: https://kubernetes.io/docs/tasks/tools/ says how to get it. Anything else that reads a',
  'kubeconfig does as well, such as k9s, Headlamp or a client library.',
].join('\n');

const WHAT_IS_NOT_HERE = [
  'There is no node and no controller of Kubernetes here: objects are made, and no pod runs. So ReceiverAvailable,',
  'HandlersAvailable and with them Ready stay False, and the objects of a resource that is deleted stay. To see pods at',
  'work: make demo.',
].join('\n');

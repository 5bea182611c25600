import type { GoVariables, Program } from './program.ts';

/** As `kubernetes/go.mod` has them; a unit test compares. */
export const ETCD_VERSION = '3.6.8';
const KUBERNETES_VERSION = '1.36.3';

const [KUBERNETES_MAJOR = '', KUBERNETES_MINOR = ''] = KUBERNETES_VERSION.split('.');

/** Without it a Kubernetes program says that it is v0.0.0, and others misjudge it. */
const KUBERNETES_VARIABLES: GoVariables = {
  'k8s.io/component-base/version.gitVersion': `v${KUBERNETES_VERSION}`,
  'k8s.io/component-base/version.gitMajor': KUBERNETES_MAJOR,
  'k8s.io/component-base/version.gitMinor': KUBERNETES_MINOR,
};

/** The variables are those that controller-runtime's envtest has, so its assets serve here as they are. */
export const ASSETS_VAR = 'KUBEBUILDER_ASSETS';
export const ASSETS_ADVICE =
  'anywhere: go run sigs.k8s.io/controller-runtime/tools/setup-envtest@latest use -p path; set KUBEBUILDER_ASSETS to what it prints';

/** A program of Kubernetes itself, but for the variable that names it. `takes` is of its build on two cores. */
export const kubernetes = <Name extends string>(name: Name, takes: string) =>
  ({
    name,
    minimum: [1, 29, 0],
    version: { args: ['--version'], marker: 'Kubernetes ' },
    ways: [
      {
        kind: 'go-module',
        folder: 'kubernetes',
        package: `k8s.io/kubernetes/cmd/${name}`,
        version: KUBERNETES_VERSION,
        variables: KUBERNETES_VARIABLES,
        takes,
      },
    ],
    advice: [ASSETS_ADVICE],
  }) as const satisfies Omit<Program, 'envVar'>;

import type { V1PodSecurityContext, V1SecurityContext } from '@kubernetes/client-node';

/** The user of our image; "nonroot" of the distroless images. */
const NON_ROOT = 65_532;

/** What the restricted Pod Security standard asks of a pod. The group reads mounted secrets, which are mode 0440. */
export const POD_SECURITY = {
  runAsNonRoot: true,
  fsGroup: NON_ROOT,
  seccompProfile: { type: 'RuntimeDefault' },
} satisfies V1PodSecurityContext;

/** What it asks of every container. */
export const RESTRICTED = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
} satisfies V1SecurityContext;

export const OWN_CONTAINER_SECURITY = {
  ...RESTRICTED,
  readOnlyRootFilesystem: true,
  runAsUser: NON_ROOT,
  runAsGroup: NON_ROOT,
} satisfies V1SecurityContext;

export const SECRET_MODE = 0o440;

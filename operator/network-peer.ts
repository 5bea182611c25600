import * as z from 'zod';

/** Who may reach pods, as networking.k8s.io/v1 has it. Strict: a misspelt selector would be none, which selects everything. */

const LabelSelector = z.strictObject({
  matchLabels: z.record(z.string().max(317), z.string().max(63)).exactOptional(),
  matchExpressions: z
    .array(
      z.strictObject({
        key: z.string().min(1).max(317),
        operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
        values: z.array(z.string().max(63)).exactOptional(),
      }),
    )
    .exactOptional(),
});

const IpBlock = z.strictObject({
  cidr: z.union([z.cidrv4(), z.cidrv6()]),
  except: z.array(z.union([z.cidrv4(), z.cidrv6()])).exactOptional(),
});

export const NetworkPeer = z
  .strictObject({
    namespaceSelector: LabelSelector.exactOptional(),
    podSelector: LabelSelector.exactOptional(),
    ipBlock: IpBlock.exactOptional(),
  })
  .refine(
    ({ ipBlock, ...selectors }) => (ipBlock === undefined) === Object.keys(selectors).length > 0,
    'must have a namespaceSelector, a podSelector or both, or an ipBlock alone',
  );
export type NetworkPeer = z.output<typeof NetworkPeer>;

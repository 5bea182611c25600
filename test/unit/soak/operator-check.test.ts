import { describe, expect, it } from 'vitest';
import { IntercomWebhook } from '#operator/api/v1alpha1.ts';
import { stamped } from '#operator/drift.ts';
import { KubeObject } from '#operator/kube/resource.ts';
import { render } from '#operator/render/render.ts';
import { desiredStreams } from '#operator/streams/desired.ts';
import { STREAMS } from '#shared/contract.ts';
import { webhookInput } from '#test/support/webhook.ts';
import { type Asked, nothingAsked } from '../../../bench/soak-operator/changes.ts';
import { check, type Faults } from '../../../bench/soak-operator/check.ts';
import type { Found, StreamFound } from '../../../bench/soak-operator/gather.ts';
import { IMAGE, NAMESPACE, SHARED_BYTES } from '../../../bench/soak-operator/installation.ts';

const NATS_URL = 'nats://127.0.0.1:4222';
const CLUSTER = 'cluster';
const UID = '6f2c1f0e-52a9-4d3c-9f4e-0d8f1f0e52a9';
const TYPES = { Accepted: 'True', SecretsResolved: 'True', StreamsReady: 'True', NotPaused: 'True', Ready: 'False' };

/** One resource, and all that is to be there for it. */
function arrange(): { found: Found; asked: Asked } {
  const name = 'w0';
  const { spec } = webhookInput({ deletionPolicy: 'Delete' });
  const webhook = IntercomWebhook.parse({ ...webhookInput(), metadata: { namespace: NAMESPACE, name }, spec });
  const asked = nothingAsked();
  asked.wanted.set(name, { metadata: { namespace: NAMESPACE, name, annotations: {} }, spec });
  const conditions = Object.entries(TYPES).map(([type, status]) => ({
    type,
    status,
    reason: 'Because',
    message: '',
    observedGeneration: 3,
    lastTransitionTime: '2026-01-01T00:00:00Z',
  }));
  const finalizers = ['intercom-operator.io/streams'];
  const object = asObject({
    ...webhook,
    metadata: { namespace: NAMESPACE, name, generation: 3, finalizers },
    status: { observedGeneration: 3, conditions, handlers: [{ name: 'support', replicas: 0 }] },
  });
  const facts = { uid: UID, image: IMAGE, natsUrls: [NATS_URL], logLevel: 'info' } as const;
  const children = render(webhook, facts).map((each) => asObject(stamped(each)));
  const desired = desiredStreams(webhook, { clusterId: CLUSTER, uid: UID, replicas: 1, sharedMaxBytes: SHARED_BYTES });
  const streams = desired.streams.map((config) => ({
    config,
    consumers: config.name === desired.consumers.stream ? desired.consumers.of : [],
  })) as unknown as StreamFound[];
  return { found: { webhooks: [object], children, streams, clusterId: CLUSTER }, asked };
}

const asObject = (object: object): KubeObject => {
  const { metadata } = object as { metadata: object };
  return KubeObject.parse({ ...object, metadata: { ...metadata, uid: UID, resourceVersion: '1' } });
};

const all = (found: Found, asked: Asked): Faults => check(found, asked, NATS_URL);

const NONE: Faults = { resources: [], children: [], streams: [], statuses: [] };

/** What is there with one thing changed in it. */
const broken = (change: (found: Found) => Partial<Found>): Faults => {
  const { found, asked } = arrange();
  return all({ ...found, ...change(found) }, asked);
};

describe('the comparison at the end of the soak of the operator', () => {
  it('finds nothing wrong where all is as it was asked for', () => {
    const { found, asked } = arrange();
    expect(all(found, asked)).toEqual(NONE);
  });

  it('names an object that is missing, one that is different, and one too many', () => {
    const missing = broken(({ children }) => ({ children: children.slice(1) }));
    expect(missing.children).toEqual([expect.stringMatching(/^w0: ConfigMap .* is not there$/)]);
    const different = broken(({ children: [first, ...rest] }) => ({
      children: [{ ...first, data: {} } as KubeObject, ...rest],
    }));
    expect(different.children).toEqual([expect.stringMatching(/^w0: ConfigMap .* is not as it is rendered$/)]);
    const surplus = broken(({ children: [first, ...rest] }) => ({
      children: [...(first === undefined ? [] : [first, renamed(first, 'icw-w0-old')]), ...rest],
    }));
    expect(surplus.children).toEqual(['w0: ConfigMap icw-w0-old is not rendered']);
  });

  it('names a stream that is missing, different or left over, and consumers likewise', () => {
    const missing = broken(({ streams }) => ({ streams: streams.slice(1) }));
    expect(missing.streams).toContainEqual(expect.stringMatching(/^w0: stream .* is not there$/));
    const different = broken(({ streams: [first, ...rest] }) => ({
      streams: [...(first === undefined ? [] : [{ ...first, config: { ...first.config, max_age: 1 } }]), ...rest],
    }));
    expect(different.streams).toEqual([expect.stringMatching(/^w0: stream .*: max_age$/)]);
    const leftOver = broken(({ streams }) => ({
      streams: [...streams, { config: { name: STREAMS.events('other') }, consumers: [] } as unknown as StreamFound],
    }));
    expect(leftOver.streams).toEqual([`${STREAMS.events('other')} is left over`]);
    const withoutConsumers = broken(({ streams }) => ({
      streams: streams.map((each) => ({ ...each, consumers: [] })),
    }));
    expect(withoutConsumers.streams).toHaveLength(4);
  });

  it('names a status of another generation, and a condition that is not as it has to be', () => {
    const stale = broken(({ webhooks: [webhook] }) => ({
      webhooks: webhook === undefined ? [] : [{ ...webhook, metadata: { ...webhook.metadata, generation: 4 } }],
    }));
    expect(stale.statuses).toHaveLength(Object.keys(TYPES).length + 1);
    const { found, asked } = arrange();
    const [webhook] = found.webhooks;
    const silent = all({ ...found, webhooks: webhook === undefined ? [] : [{ ...webhook, status: {} }] }, asked);
    expect(silent.statuses).toContain('w0: StreamsReady is undefined, undefined of generation undefined');
  });

  it('names a resource that is missing, left over or without its finalizer', () => {
    expect(broken(() => ({ webhooks: [], children: [], streams: [] })).resources).toEqual(['w0 is not there']);
    const { found } = arrange();
    expect(all(found, nothingAsked()).resources).toEqual(['w0 is there although it was deleted']);
    const free = broken(({ webhooks: [webhook] }) => ({
      webhooks: webhook === undefined ? [] : [{ ...webhook, metadata: { ...webhook.metadata, finalizers: [] } }],
    }));
    expect(free.resources).toEqual(['w0 has no finalizer']);
  });
});

const renamed = (object: KubeObject, name: string): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, name },
});

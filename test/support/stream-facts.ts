import type { StreamFacts } from '#operator/streams/desired.ts';

export const streamFacts = (facts: Partial<StreamFacts> = {}): StreamFacts => ({
  clusterId: 'test-cluster',
  uid: '6f2c1f0e-52a9-4d3c-9f4e-0d8f1f0e52a9',
  replicas: 1,
  sharedMaxBytes: 64 * 1024 * 1024,
  ...facts,
});

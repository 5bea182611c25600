import { collectDefaultMetrics, Registry } from 'prom-client';

/** A registry with the process's own figures; every series of ours names its resource. */
export function createRegistry(labels: Record<string, string>): Registry {
  const registry = new Registry();
  registry.setDefaultLabels(labels);
  collectDefaultMetrics({ register: registry });
  return registry;
}

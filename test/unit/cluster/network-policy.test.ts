import { describe, expect, it } from 'vitest';
import { Namespace, Pod, Policy } from '#test/cluster/network-policy/objects.ts';
import { renderTable } from '#test/cluster/network-policy/table.ts';

const pod = (name: string, podIP: string, more: object = {}) =>
  Pod.parse({
    metadata: { name, namespace: 'crm', labels: { app: name } },
    spec: { containers: [{ ports: [{ name: 'http', containerPort: 8080 }] }] },
    status: { phase: 'Running', podIP },
    ...more,
  });

const other = pod('other', '10.0.0.9', {
  metadata: { name: 'other', namespace: 'nats', labels: { app: 'other' } },
  spec: { containers: [{ ports: [{ name: 'http', containerPort: 4222 }] }] },
});

const NAMESPACES = ['crm', 'nats'].map((name) => Namespace.parse({ metadata: { name, labels: { name } } }));
const PODS = [pod('app', '10.0.0.2'), pod('client', '10.0.0.3'), other];

const policy = (spec: object, namespace = 'crm') =>
  Policy.parse({ metadata: { name: 'policy', namespace }, spec: { podSelector: {}, ...spec } });

const ofApp = { podSelector: { matchLabels: { app: 'app' } } };

/** The rules of a chain, without what begins and ends each: its pod passes to itself, and what is left is dropped. */
function rulesOf(chain: string, spec: object, pods = PODS): string[] | null {
  const table = renderTable({ pods, namespaces: NAMESPACES, policies: [policy(spec)] });
  const lines = table.split('\n');
  const start = lines.indexOf(`chain ${chain} {`);
  if (start === -1) return null;
  return lines.slice(start + 3, lines.indexOf('}', start) - 1);
}

const ingress = (...rules: object[]) =>
  rulesOf('ingress_10_0_0_2', { ...ofApp, policyTypes: ['Ingress'], ingress: rules });
const egress = (...rules: object[]) => rulesOf('egress_10_0_0_2', { ...ofApp, policyTypes: ['Egress'], egress: rules });

describe('renderTable', () => {
  it('isolates the pods that a policy selects, in the directions it names, from all but themselves', () => {
    const policies = [policy({ ...ofApp, policyTypes: ['Ingress'] })];
    expect(renderTable({ pods: PODS, namespaces: NAMESPACES, policies })).toMatchInlineSnapshot(`
      "add table inet network-policy
      delete table inet network-policy
      table inet network-policy {
      chain ingress_10_0_0_2 {
      # crm/app
      ip saddr 10.0.0.2 return
      counter drop
      }
      chain forward {
      type filter hook forward priority 0;
      ct state established,related accept
      ip daddr vmap { 10.0.0.2 : jump ingress_10_0_0_2 }
      }
      chain input {
      type filter hook input priority 0;
      ct state established,related accept
      }
      }
      "
    `);
  });

  it('lets nothing pass by an empty list, and everything by an empty rule', () => {
    expect(ingress()).toEqual([]);
    expect(ingress({})).toEqual([' return']);
  });

  it('takes pods of its own namespace where a peer names none', () => {
    expect(ingress({ from: [{ podSelector: {} }] })).toEqual(['ip saddr 10.0.0.3 return']);
    expect(ingress({ from: [{ podSelector: { matchLabels: { app: 'other' } } }] })).toEqual([]);
  });

  it('takes pods by namespace, and by both', () => {
    const namespaceSelector = { matchLabels: { name: 'nats' } };
    expect(ingress({ from: [{ namespaceSelector }] })).toEqual(['ip saddr 10.0.0.9 return']);
    const podSelector = { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['other'] }] };
    expect(ingress({ from: [{ namespaceSelector, podSelector }] })).toEqual([]);
  });

  it('takes blocks less their exceptions, and leaves out IPv6', () => {
    expect(ingress({ from: [{ ipBlock: { cidr: '172.30.0.0/16', except: ['172.30.0.0/30'] } }] })).toEqual([
      'ip saddr 172.30.0.0/16 ip saddr != { 172.30.0.0/30 } return',
    ]);
    expect(ingress({ from: [{ ipBlock: { cidr: '2001:db8::/32' } }] })).toEqual([]);
  });

  it('takes ports by number, range, protocol and name', () => {
    const ports = [
      { port: 80 },
      { protocol: 'UDP', port: 32000, endPort: 32768 },
      { protocol: 'SCTP' },
      { port: 'http' },
    ];
    expect(ingress({ ports })).toEqual([
      'tcp dport 80 return',
      'udp dport 32000-32768 return',
      'meta l4proto sctp return',
      'tcp dport 8080 return',
    ]);
    expect(ingress({ ports: [{ port: 'none' }] })).toEqual([]);
  });

  it('looks a named port up at whoever is called', () => {
    const to = [{ namespaceSelector: { matchLabels: { name: 'nats' } } }];
    expect(egress({ to, ports: [{ port: 'http' }] })).toEqual(['ip daddr 10.0.0.9 tcp dport 4222 return']);
    expect(egress({ ports: [{ port: 'http' }] })).toEqual([
      'ip daddr 10.0.0.2 tcp dport 8080 return',
      'ip daddr 10.0.0.3 tcp dport 8080 return',
      'ip daddr 10.0.0.9 tcp dport 4222 return',
    ]);
  });

  it('has what leaves a pod pass by its chain also on the way to the node', () => {
    const policies = [policy({ ...ofApp, policyTypes: ['Egress'] })];
    const table = renderTable({ pods: PODS, namespaces: NAMESPACES, policies });
    expect(table.match(/ip saddr vmap \{ 10\.0\.0\.2 : jump egress_10_0_0_2 \}/g)).toHaveLength(2);
  });

  it('leaves out pods without an address of their own', () => {
    const without = [
      pod('app', ''),
      pod('app', '10.0.0.2', { spec: { hostNetwork: true, containers: [] } }),
      pod('app', '10.0.0.2', { status: { phase: 'Succeeded', podIP: '10.0.0.2' } }),
    ];
    for (const app of without) {
      expect(rulesOf('ingress_10_0_0_2', { ...ofApp, policyTypes: ['Ingress'] }, [app])).toBeNull();
    }
  });
});

import { isUnder, type Rule, type SourceFile, violations } from './tree.ts';

/** Decisions: data in, data out. They carry the logic, so they are the files that are tested without anything running. */
const PURE_FOLDERS = ['operator/api', 'operator/render', 'services/simulator/penalties'] as const;

/** Renaming one of these means renaming it here: a name that does not exist is reported. */
const PURE_FILES = [
  'operator/conditions.ts',
  'operator/controller/concerns.ts',
  'operator/dead-letters/entry.ts',
  'operator/dead-letters/redriven.ts',
  'operator/dead-letters/selection.ts',
  'operator/events/event.ts',
  'operator/finalizers.ts',
  'operator/kube/field-owners.ts',
  'operator/observations/budget.ts',
  'operator/observations/coarse.ts',
  'operator/observations/findings.ts',
  'operator/observations/ledger.ts',
  'operator/observations/may-go.ts',
  'operator/observations/observed-status.ts',
  'operator/observations/pod-signing.ts',
  'operator/observations/renamed-topics.ts',
  'operator/observations/seen.ts',
  'operator/network-peer.ts',
  'operator/outcome.ts',
  'operator/owner-references.ts',
  'operator/erasure/person.ts',
  'operator/route-parents.ts',
  'operator/route.ts',
  'operator/streams/desired.ts',
  'operator/streams/room.ts',
  'operator/streams/topics-since.ts',
  'services/shared/contract.ts',
  'services/shared/env.ts',
  'services/shared/envelope.ts',
  'services/shared/header.ts',
  'services/shared/key.ts',
  'services/shared/notification.ts',
  'services/shared/observation.ts',
  'services/shared/pub-ack.ts',
  'services/shared/topic.ts',
  'services/ingress/answer.ts',
  'services/ingress/fast-ingest.ts',
  'services/ingress/observed/effect.ts',
  'services/ingress/receive.ts',
  'services/ingress/spool/record.ts',
  'services/ingress/spool/scan.ts',
  'services/ingress/spool/sequence-set.ts',
  'services/ingress/signature.ts',
  'services/simulator/rest/conversation.ts',
  'services/simulator/rest/faults.ts',
  'services/simulator/rest/rate-limit.ts',
  'services/simulator/rest/refusal.ts',
  'services/simulator/rest/reply.ts',
  'services/simulator/rest/request-headers.ts',
  'services/worker/cloud-event.ts',
  'services/worker/circuit.ts',
  'services/worker/effect.ts',
  'services/worker/effects.ts',
  'services/worker/ordered/assignment.ts',
  'services/worker/ordered/key-queues.ts',
  'services/worker/ordered/member-table.ts',
  'services/worker/ordered/runner.ts',
  'services/worker/redact.ts',
  'services/worker/settle.ts',
  'cli/drill/verdict.ts',
  'cli/judge/judge.ts',
  'cli/judge/judge-answers.ts',
  'cli/judge/judge-stream.ts',
  'cli/local/plan.ts',
] as const;

const isPure = ({ path }: SourceFile): boolean =>
  isUnder(path, ...PURE_FOLDERS) || (PURE_FILES as readonly string[]).includes(path);

/** Types may come from anywhere; values not from what reads, writes, waits or logs. */
const IMPURE_MODULE =
  /^(?:node:(?:fs|net|http|https|http2|tls|dns|dgram|os|child_process|worker_threads|timers|process|events|stream)\b.*|undici|ioredis|fastify|pino|prom-client|@kubernetes\/.*|.*\/(?:logger|nats|redis|metrics|lifecycle|kube|config)\.ts)$/;
/** The packages of NATS hold plain data too: headers, enumerations, units. */
const NATS_CLIENT = /\b(?:connect|jetstream|jetstreamManager|Kvm|Objm)\b/;
const IMPORT = /^import\s+(?!type\b)(?<names>[^;]*?)\s*from\s+'(?<module>[^']+)'/gm;
const IMPURE_CALL =
  /\b(?:Date\.now|Math\.random|performance\.now|process\.[a-zA-Z]+|console\.[a-z]+|set(?:Timeout|Interval|Immediate)|fetch|random(?:UUID|Bytes|Int)|logger\.[a-z]+)\b|\bnew Date\(\)/g;

export const purity: Rule = ({ sources }) =>
  sources.filter(isPure).flatMap((file) => [
    ...Array.from(file.code.matchAll(IMPORT))
      .filter(({ groups }) => isImpure(groups?.['module'] ?? '', groups?.['names'] ?? ''))
      .map((match) => ({
        file: file.path,
        line: file.code.slice(0, match.index).split('\n').length,
        advice: `imports ${match.groups?.['module']}: this file is pure, take what it needs as an argument`,
      })),
    ...violations(file, file.bare, IMPURE_CALL, 'uses $&: this file is pure, take time, chance and I/O as arguments'),
  ]);

export const pureFilesExist: Rule = ({ read }) =>
  PURE_FILES.filter((path) => read(path) === null).map((file) => ({
    file,
    line: 1,
    advice: 'named as pure but not there: correct the list in scripts/structure/purity.ts',
  }));

function isImpure(module: string, names: string): boolean {
  if (onlyTypes(names)) return false;
  return IMPURE_MODULE.test(module) || (module.startsWith('@nats-io/') && NATS_CLIENT.test(names));
}

/** `{ type A, type B }` */
const onlyTypes = (names: string): boolean =>
  /^\{[^}]*\}$/.test(names) &&
  names
    .slice(1, -1)
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
    .every((name) => name.startsWith('type '));

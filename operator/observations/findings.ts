import type { Condition } from '../api/status.ts';
import type { Finding } from '../conditions.ts';
import { latest } from './budget.ts';
import { isRecent, isSilent, minuteOf } from './coarse.ts';
import type { ObservedConditionName, ObservedFinding } from './condition-types.ts';
import type { Observations } from './ledger.ts';
import { type ObservedStatus, secondOf } from './observed-status.ts';

export interface FindingsInput {
  readonly observations: Observations | null;
  readonly status: ObservedStatus;
  /** As it is to be entered at Intercom. */
  readonly url: string;
  readonly before: readonly Condition[];
  readonly nowSecond: number;
}

/**
 * What the observations mean. Before the first reading what is there stays: an operator that starts says nothing new.
 * Messages hold no counts and no times but minutes: what changes by the second is in the fields that they name.
 */
export function observedFindings(input: FindingsInput): Finding[] {
  const { observations, before } = input;
  if (observations !== null) {
    const facts = { ...input, observations };
    return [endpointVerified(facts), withinErrorBudget(facts), receivingNotifications(facts)];
  }
  const types: readonly ObservedConditionName[] = ['EndpointVerified', 'WithinErrorBudget', 'ReceivingNotifications'];
  return types.map((type) => asBefore(before, type) ?? notObserved(type));
}

function asBefore(before: readonly Condition[], of: ObservedConditionName): Finding | null {
  const condition = before.find(({ type }) => type === of);
  if (condition === undefined) return null;
  const { type, status, reason, message } = condition;
  return { type, status, reason, message };
}

interface Facts extends FindingsInput {
  readonly observations: Observations;
}

function endpointVerified(facts: Facts): ObservedFinding {
  const type = 'EndpointVerified';
  const { observations, status, url } = facts;
  if (isRefused(facts)) {
    const message =
      'requests with the user agent of Intercom arrive, and no key of spec.signing.secretKeyRefs has signed them: ' +
      'copy the client secret from Developer Hub > Basic information of the app into the Secret; if it is there ' +
      'already, somebody else sends them';
    return { type, status: 'False', reason: 'SignatureRefused', message };
  }
  if (status.endpoint.lastNotificationAt !== undefined) {
    return { type, status: 'True', reason: 'NotificationReceived', message: 'Intercom has sent notifications' };
  }
  if (status.endpoint.lastPingAt !== undefined) {
    return { type, status: 'True', reason: 'PingReceived', message: 'Intercom has sent a signed ping' };
  }
  if (isUnknown(observations)) return notObserved(type, observations.unread);
  const message =
    `no signed request has come: in Developer Hub > Webhooks enter ${url} as the endpoint URL, save, ` +
    'and click "Send test request"';
  return { type, status: 'Unknown', reason: 'NothingReceived', message };
}

/** Whether within a day something was refused, and nothing that was signed has come since or in the minutes around. */
function isRefused({ observations: { lastRefusedAt }, status: { endpoint }, nowSecond }: Facts): boolean {
  if (lastRefusedAt === null || !isRecent(lastRefusedAt, nowSecond)) return false;
  const lastSignedAt = latest([secondOf(endpoint.lastPingAt), secondOf(endpoint.lastNotificationAt)]);
  return lastSignedAt === null || minuteOf(lastRefusedAt) > lastSignedAt + 60;
}

function withinErrorBudget({ observations: { budget, unread } }: Facts): ObservedFinding {
  const type = 'WithinErrorBudget';
  if (budget === null) return notObserved(type, unread);
  if (budget.remaining === 0) {
    const message =
      'status.budget.streak: more errors in a row than Intercom forgives; it pauses the webhook for 15 minutes, and what ' +
      'happens meanwhile is lost: read the log of the receiver for the reason of its answers';
    return { type, status: 'False', reason: 'Spent', message };
  }
  if (budget.streak >= HALF) {
    const message =
      'status.budget.streak: half of the 1000 errors in a row are reached at which Intercom pauses the webhook: read ' +
      'the log of the receiver for the reason of its answers';
    return { type, status: 'False', reason: 'HalfSpent', message };
  }
  // The one retry comes a minute later, so a few of either are within the window alone.
  if (budget.redeliveries > budget.errors15m + FEW) {
    const message =
      'status.budget.redeliveries: Intercom sends notifications again that no receiver has answered with an error: look ' +
      'at the proxy, load balancer or tunnel of spec.endpoint, and at the restarts of the pods';
    return { type, status: 'True', reason: 'RedeliveriesUnexplained', message };
  }
  return { type, status: 'True', reason: 'WithinBudget', message: 'no row of errors that comes near a pause' };
}

const HALF = 500;
const FEW = 10;

function receivingNotifications({ observations, status, nowSecond }: Facts): ObservedFinding {
  const type = 'ReceivingNotifications';
  const { lastNotificationAt } = status.endpoint;
  if (lastNotificationAt === undefined) {
    if (isUnknown(observations)) return notObserved(type, observations.unread);
    const message =
      'no notification has ever come: in Developer Hub > Webhooks subscribe to the topics of spec.topics, and install ' +
      'the app in a workspace where they happen';
    return { type, status: 'False', reason: 'NeverReceived', message };
  }
  if (isSilent(Date.parse(lastNotificationAt) / 1000, nowSecond)) {
    if (isUnknown(observations)) return notObserved(type, observations.unread);
    const message =
      `no notification since ${lastNotificationAt} (status.endpoint.lastNotificationAt): look in Developer Hub > ` +
      'Webhooks whether the webhook is suspended ("Set live" ends that) and has the topics of spec.topics';
    return { type, status: 'False', reason: 'Silent', message };
  }
  return { type, status: 'True', reason: 'Receiving', message: 'the last notification came within a day' };
}

/** Whether what is not seen may have been: no process can be read. */
const isUnknown = ({ budget }: Observations): boolean => budget === null;

function notObserved(type: ObservedConditionName, unread: readonly string[] = []): ObservedFinding {
  const [first, ...others] = unread;
  const message =
    first === undefined
      ? 'no pod of the receiver has been read so far: look at ReceiverAvailable'
      : `pod ${first}${others.length > 0 ? ` and ${others.length} more` : ''} cannot be read by the operator: let it ` +
        'reach the port "inner" of the receiver (NetworkPolicy), and look at the log of the pod';
  return { type, status: 'Unknown', reason: 'NotObserved', message };
}

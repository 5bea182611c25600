import type { Item, Scene } from './scene.ts';
import { isoTime } from './time.ts';

/** A data connector asked somebody else's system, or could not. No capture is public. */
export function connectorExecution(scene: Scene): Item {
  const { random, cast, appId, atS } = scene;
  const failed = random.oneIn(4);
  return {
    type: 'data_connector.execution',
    id: cast.thingId,
    app_id: appId,
    action_id: '12345',
    action_name: 'Order status',
    success: !failed,
    http_status: failed ? 0 : 200,
    error_type: failed ? '3rd_party_error' : null,
    execution_time_ms: failed ? null : 20 + random.int(2000),
    completed_at: isoTime(atS),
    source_type: 'workflow',
    source_id: '5001',
    conversation_id: cast.conversationId,
    user_id: cast.externalId,
    admin_id: null,
  };
}

/** A procedure of Fin asks a human. It has no id; it belongs to a conversation. No capture is public. */
export function procedureQuestion({ cast, appId, partId, atS }: Scene): Item {
  return {
    type: 'procedure.hitl_notification',
    app_id: appId,
    conversation_id: cast.conversationId,
    step_id: partId,
    procedure_name: 'Refund',
    hitl_question: 'May this be refunded?',
    attributes_to_collect: [
      {
        type: 'conversation_attribute',
        identifier: 'refund_approved',
        name: 'Refund approved',
        label: 'Refund approved?',
        data_type: 'boolean',
      },
    ],
    callback_url: `https://api.intercom.io/procedures/hitl/${partId}`,
    expires_at: null,
    priority: 'not_priority',
    assign_to: null,
    conversation_url: `https://app.intercom.com/a/apps/${appId}/conversations/${cast.conversationId}`,
    recent_messages: [{ author: 'user', body: cast.question, created_at: atS }],
  };
}

/** A bulk job that was asked for by the REST API is done; shaped as there, no capture is public. */
export function job({ cast }: Scene): Item {
  return {
    type: 'job',
    id: cast.thingId,
    url: `https://api.intercom.io/jobs/status/${cast.thingId}`,
    status: 'success',
    resource_type: 'ticket',
    resource_id: cast.ticketId,
    resource_url: `https://api.intercom.io/tickets/${cast.ticketId}`,
  };
}
